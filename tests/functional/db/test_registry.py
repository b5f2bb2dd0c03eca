# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Pods, as data."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from tricircle.db.engine import Database
from tricircle.db.models import Health, Pod, PodState
from tricircle.pods import binding, observation, registry, routing
from tricircle.pods.errors import (
    CentralRegionExists,
    MarkerNotFound,
    PodExists,
    PodInUse,
    PodNotFound,
    PodsError,
)
from tricircle.pods.health import Patience


def test_a_pod_and_the_central_region(database: Database) -> None:
    with database.write() as session:
        central = registry.create(session, name="RegionOne")
        pod = registry.create(
            session, name="Pod1", az_name="az1", pod_az_name="nova", dc_name="dc1"
        )
    assert (central.is_central, central.az_name) == (True, None)
    assert (pod.is_central, pod.az_name, pod.state) == (None, "az1", PodState.ACTIVE)
    with database.read() as session:
        assert registry.central_region(session).id == central.id
        assert registry.by_name(session, "Pod1").id == pod.id
        assert registry.get(session, pod.id).pod_az_name == "nova"
        assert [it.name for it in registry.pods(session)] == ["Pod1", "RegionOne"]
        assert [it.name for it in registry.pods(session, with_central=False)] == [
            "Pod1"
        ]


def test_what_is_not_there_is_not_found(database: Database) -> None:
    with database.read() as session:
        with pytest.raises(PodNotFound, match="nothing"):
            registry.get(session, "nothing")
        with pytest.raises(PodNotFound, match="nothing"):
            registry.by_name(session, "nothing")
        with pytest.raises(PodNotFound, match="no central region"):
            registry.central_region(session)


def test_a_name_is_taken_once(database: Database, pods: list[Pod]) -> None:
    with database.write() as session:
        with pytest.raises(PodExists, match=pods[0].id):
            registry.create(session, name="Pod1", az_name="az2")
        with pytest.raises(PodExists, match=pods[0].id):
            registry.create(session, name="Pod1")
        # The transaction is still good.
        registry.create(session, name="Pod4", az_name="az2")


def test_an_empty_zone_makes_no_second_central_region(database: Database) -> None:
    with database.write() as session:
        registry.create(session, name="RegionOne", az_name="")
        with pytest.raises(CentralRegionExists, match="RegionOne"):
            registry.create(session, name="RegionTwo", az_name="")


def test_a_creation_may_be_repeated(database: Database) -> None:
    for _ in "ab":
        with database.write() as session:
            made = registry.create(session, name="P", az_name="az1", pod_id="x" * 36)
            assert made.id == "x" * 36


def test_a_pod_changes(database: Database, pods: list[Pod]) -> None:
    with database.write() as session:
        registry.update(
            session, pods[0].id, state=PodState.CORDONED, dc_name="dc9", az_name="az9"
        )
    with database.read() as session:
        pod = registry.get(session, pods[0].id)
        assert (pod.state, pod.dc_name, pod.az_name) == ("cordoned", "dc9", "az9")
        assert pod.updated_at > pod.created_at
        assert registry.pods(session, state=PodState.CORDONED) == [pod]
        assert registry.pods(session, az_name="az1", name="Pod1") == []


def test_a_pod_in_use_stays_in_its_zone(database: Database, pods: list[Pod]) -> None:
    with database.write() as session:
        binding.bind(session, "p", pods[0].id)
        with pytest.raises(PodInUse):
            registry.update(session, pods[0].id, az_name="az2")
        registry.update(session, pods[0].id, az_name="az1", dc_name="dc2")


def test_a_pod_does_not_become_the_central_region(
    database: Database, pods: list[Pod]
) -> None:
    with database.write() as session:
        with pytest.raises(PodsError, match="Pod1"):
            registry.update(session, pods[0].id, az_name="")
        central = registry.create(session, name="RegionOne")
        with pytest.raises(PodsError, match="RegionOne"):
            registry.update(session, central.id, az_name="az1")


def test_a_pod_in_use_is_not_deleted(database: Database, pods: list[Pod]) -> None:
    pod_id = pods[0].id
    with database.write() as session:
        binding.bind(session, "p", pod_id)
        for name in ("s1", "s2"):
            routing.learn(
                session,
                resource_type="server",
                resource_id=name,
                pod_id=pod_id,
                project_id="p",
            )
    with database.write() as session:
        with pytest.raises(PodInUse, match=r"2 route.*1 binding") as caught:
            registry.delete(session, pod_id)
        assert (caught.value.routes, caught.value.bindings) == (2, 1)
    with database.write() as session:
        for name in ("s1", "s2"):
            routing.forget(session, "server", name)
        for one in binding.bindings(session):
            binding.delete(session, one.id)
        registry.delete(session, pod_id)
        with pytest.raises(PodNotFound):
            registry.delete(session, pod_id)


def test_a_pod_is_used_or_deleted_but_not_both(
    database: Database, pods: list[Pod]
) -> None:
    for pod in pods:
        gate = threading.Barrier(2)

        def use(pod_id: str, gate: threading.Barrier) -> bool:
            gate.wait(30)
            try:
                database.retried(lambda session: binding.bind(session, "p", pod_id))
            except PodNotFound:
                return False
            return True

        def delete(pod_id: str, gate: threading.Barrier) -> bool:
            gate.wait(30)
            try:
                database.retried(lambda session: registry.delete(session, pod_id))
            except PodInUse:
                return False
            return True

        with ThreadPoolExecutor(2) as pool:
            both = [pool.submit(work, pod.id, gate) for work in (use, delete)]
            assert sorted(one.result() for one in both) == [False, True]
        with database.write() as session:
            for one in binding.bindings(session):
                binding.delete(session, one.id)


def test_of_twenty_at_once_one_makes_the_pod(database: Database) -> None:
    gate = threading.Barrier(20)

    def make(_: int) -> str:
        gate.wait(30)
        try:
            database.retried(
                lambda session: registry.create(session, name="Pod1", az_name="az1")
            )
        except PodExists:
            return "exists"
        return "made"

    with ThreadPoolExecutor(20) as pool:
        results = list(pool.map(make, range(20)))
    assert results.count("made") == 1


def test_pods_come_in_pages(database: Database) -> None:
    with database.write() as session:
        for name in "edcba":
            registry.create(session, name=name, az_name="az1")
    with database.read() as session:
        first = registry.pods(session, limit=2)
        second = registry.pods(session, limit=2, marker=first[-1].id)
        third = registry.pods(session, limit=2, marker=second[-1].id)
        assert [it.name for it in first + second + third] == list("abcde")
        assert registry.pods(session, limit=0) == []
        with pytest.raises(MarkerNotFound, match="nothing"):
            registry.pods(session, marker="nothing")


def test_what_lives_in_a_pod_is_counted(database: Database, pods: list[Pod]) -> None:
    with database.write() as session:
        for number, kind in enumerate(("volume", "server", "server")):
            routing.learn(
                session,
                resource_type=kind,
                resource_id=f"r{number}",
                pod_id=pods[0].id,
                project_id="p",
            )
        assert registry.contents(session, pods[0].id) == {"server": 2, "volume": 1}
        assert registry.contents(session, pods[1].id) == {}


def test_pods_are_found_by_their_health(database: Database, pods: list[Pod]) -> None:
    with database.write() as session:
        session.get_one(Pod, pods[1].id).health = Health.DOWN
    with database.read() as session:
        found = registry.pods(session, health=Health.DOWN)
        assert [pod.name for pod in found] == ["Pod2"]
        assert len(registry.pods(session, health=Health.UP)) == 2


def test_of_twenty_looks_at_once_each_counts(
    database: Database, pods: list[Pod]
) -> None:
    gate = threading.Barrier(20)
    patience = Patience(falls=21)

    def look(_: int) -> None:
        gate.wait(30)
        database.retried(
            lambda session: observation.record(
                session, pods[0].id, {}, {"compute": "no"}, patience
            )
        )

    with ThreadPoolExecutor(20) as pool:
        list(pool.map(look, range(20)))
    with database.write() as session:
        pod, condition = observation.record(
            session, pods[0].id, {"network": {}}, {"compute": "no"}, patience
        )
        assert condition.health is Health.DEGRADED
        assert (pod.health, pod.capabilities) == ("degraded", {"network": {}})
