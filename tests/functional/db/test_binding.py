# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""One current pod for each project and zone, whoever comes at once."""

from typing import Any

import pytest

from tests.functional.threads import at_once
from tricircle.db.engine import Database
from tricircle.db.models import Binding, Pod, PodState
from tricircle.pods import binding, placing, registry, routing
from tricircle.pods.decision import Effect
from tricircle.pods.errors import (
    BindingExists,
    BindingInUse,
    BindingNotFound,
    NotBindable,
    NoValidPod,
    PodClosed,
    PodNotFound,
)
from tricircle.pods.filters.az import AzFilter
from tricircle.pods.filters.contract import Filter
from tricircle.pods.filters.flavor import FlavorFilter
from tricircle.pods.filters.state import StateFilter
from tricircle.pods.request import Flavor, Request
from tricircle.pods.scheduler import Scheduler
from tricircle.pods.view import Capacity, PodView
from tricircle.pods.weighers.room import RoomWeigher

FILTERS: dict[str, Filter] = {
    "az": AzFilter(),
    "state": StateFilter(),
    "flavor": FlavorFilter(),
}
SCHEDULER = Scheduler(FILTERS, {"room": (RoomWeigher(), 1.0)})
GPU = Flavor("gpu", 1, 1, 1, {"trait:CUSTOM_GPU": "required"})


def stored(database: Database, project_id: str = "p") -> dict[str, bool]:
    """The project's pods, and whether each is current."""
    with database.read() as session:
        found = binding.bindings(session, project_id=project_id)
    return {one.pod_id: bool(one.is_current) for one in found}


def test_the_first_use_binds_and_the_next_ones_find_it(
    database: Database, pods: list[Pod]
) -> None:
    with database.write() as session:
        first = binding.bind(session, "p", pods[0].id)
    with database.write() as session:
        again = binding.bind(session, "p", pods[1].id)
        elsewhere = binding.bind(session, "p", pods[2].id)
    assert again.id == first.id
    assert again.az_name == "az1"
    assert elsewhere.pod_id == pods[2].id
    assert stored(database) == {pods[0].id: True, pods[2].id: True}


def test_fifty_first_uses_have_one_winner(database: Database, pods: list[Pod]) -> None:
    def use(number: int) -> str:
        wish = pods[number % 2].id
        return database.retried(lambda it: binding.bind(it, "p", wish)).pod_id

    assert len(set(winners := at_once(50, use))) == 1
    assert stored(database) == {winners[0]: True}


def test_fifty_first_placings_have_one_winner(
    database: Database, pods: list[Pod]
) -> None:
    # Each knows of room in another pod, so that they disagree.
    def use(number: int) -> str:
        room = {pods[number % 2].id: Capacity(9, 900, 9, 1000)}
        chosen = placing.place(database, SCHEDULER, Request("p", "az1"), room).chosen
        assert chosen
        return chosen.id

    assert len(set(winners := at_once(50, use))) == 1
    assert stored(database) == {winners[0]: True}


def test_fifty_who_leave_a_pod_go_to_one(database: Database, pods: list[Pod]) -> None:
    with database.write() as session:
        old = binding.bind(session, "p", pods[0].id).pod_id
        others = [
            registry.create(session, name=name, az_name="az1").id
            for name in ("Pod4", "Pod5")
        ]

    def leave(number: int) -> str:
        wish = others[number % 2]
        return database.retried(
            lambda it: binding.rebind(it, "p", wish, instead_of=old)
        ).pod_id

    assert len(set(winners := at_once(50, leave))) == 1
    assert stored(database) == {old: False, winners[0]: True}


def test_a_project_may_return_to_a_pod(database: Database, pods: list[Pod]) -> None:
    one, two = pods[0].id, pods[1].id
    with database.write() as session:
        binding.bind(session, "p", one)
        assert binding.rebind(session, "p", two, instead_of=one).pod_id == two
        # Who still thinks that Pod1 is current learns better.
        assert binding.rebind(session, "p", one, instead_of=one).pod_id == two
        assert binding.rebind(session, "p", one, instead_of=two).pod_id == one
    assert stored(database) == {one: True, two: False}


def test_a_pod_besides_the_current_one(database: Database, pods: list[Pod]) -> None:
    with database.write() as session:
        binding.bind(session, "p", pods[0].id)
        first = binding.add(session, "p", pods[1].id)
        assert binding.add(session, "p", pods[1].id).id == first.id
    assert stored(database) == {pods[0].id: True, pods[1].id: False}


def test_fifty_additions_are_one(database: Database, pods: list[Pod]) -> None:
    def add(_: int) -> str:
        return database.retried(lambda it: binding.add(it, "p", pods[1].id)).id

    assert len(set(at_once(50, add))) == 1
    assert stored(database) == {pods[1].id: False}


def test_an_operator_binds(database: Database, pods: list[Pod]) -> None:
    with database.write() as session:
        binding.create(session, "p", pods[0].id)
        binding.create(session, "p", pods[1].id)
        with pytest.raises(BindingExists, match=pods[1].id):
            binding.create(session, "p", pods[1].id)
    assert stored(database) == {pods[0].id: False, pods[1].id: True}


def test_nobody_is_bound_to_the_central_region(database: Database) -> None:
    with database.write() as session:
        central = registry.create(session, name="RegionOne")
        with pytest.raises(NotBindable, match="RegionOne"):
            binding.bind(session, "p", central.id)
        with pytest.raises(PodNotFound):
            binding.bind(session, "p", "nothing")


def test_nobody_new_is_bound_to_a_cordoned_pod(
    database: Database, pods: list[Pod]
) -> None:
    with database.write() as session:
        binding.bind(session, "p", pods[0].id)
        for pod in pods[:2]:
            registry.update(session, pod.id, state=PodState.CORDONED)
    with database.write() as session:
        for make in (binding.bind, binding.create, binding.add):
            with pytest.raises(PodClosed, match="Pod2 is cordoned"):
                make(session, "q", pods[1].id)
        with pytest.raises(PodClosed, match="Pod2 is cordoned"):
            binding.rebind(session, "p", pods[1].id, pods[0].id)
        assert binding.bind(session, "p", pods[0].id).is_current  # it was there before
    assert stored(database) == {pods[0].id: True}


def test_a_pod_that_is_cordoned_while_it_is_chosen_is_not_taken(
    database: Database, pods: list[Pod]
) -> None:
    class Late(AzFilter):
        def refuse(self, request: Request, pod: PodView) -> str | None:
            if not cordoned:
                cordoned.append(pod.name)
                with database.write() as session:
                    registry.update(session, pod.id, state=PodState.CORDONED)
            return super().refuse(request, pod)

    cordoned: list[str] = []
    scheduler = Scheduler({**FILTERS, "az": Late()}, {"room": (RoomWeigher(), 1.0)})
    decision = placing.place(database, scheduler, Request("p", "az1"))
    assert decision.chosen is not None
    assert [decision.chosen.name] == [{"Pod1": "Pod2", "Pod2": "Pod1"}[cordoned[0]]]


def test_a_binding_is_kept_while_it_is_needed(
    database: Database, pods: list[Pod]
) -> None:
    with database.write() as session:
        made = binding.bind(session, "p", pods[0].id)
        routing.learn(
            session,
            resource_type="server",
            resource_id="s",
            pod_id=pods[0].id,
            project_id="p",
        )
        with pytest.raises(BindingInUse) as caught:
            binding.delete(session, made.id)
        assert caught.value.routes == 1
        routing.forget(session, "server", "s")
        binding.delete(session, made.id)
        with pytest.raises(BindingNotFound):
            binding.get(session, made.id)
    assert stored(database) == {}


def test_bindings_come_in_pages(database: Database, pods: list[Pod]) -> None:
    with database.write() as session:
        for project in "abcde":
            binding.bind(session, project, pods[0].id)
        binding.bind(session, "a", pods[2].id)
    with database.read() as session:
        seen: list[Binding] = []
        while page := binding.bindings(
            session, az_name="az1", limit=2, marker=seen[-1].id if seen else None
        ):
            seen += page
        assert [one.project_id for one in seen] == list("abcde")
        assert binding.projects(session) == {pods[0].id: 5, pods[2].id: 1}


def test_a_dry_run_changes_nothing(database: Database, pods: list[Pod]) -> None:
    request = Request("p", "az1")
    decision = placing.explain(database, SCHEDULER, request)
    assert decision.effect is Effect.BIND
    assert stored(database) == {}
    assert placing.place(database, SCHEDULER, request).chosen == decision.chosen


def test_a_cordoned_pod_is_left_and_its_binding_kept(
    database: Database, pods: list[Pod]
) -> None:
    request = Request("p", "az1")
    first = placing.place(database, SCHEDULER, request).chosen
    assert first
    with database.write() as session:
        registry.update(session, first.id, state=PodState.CORDONED)
    moved = placing.place(database, SCHEDULER, request)
    assert moved.effect is Effect.MOVE
    assert moved.chosen
    assert stored(database) == {first.id: False, moved.chosen.id: True}
    assert placing.place(database, SCHEDULER, request).effect is Effect.KEEP


def test_a_request_that_only_another_pod_can_take_leaves_the_current_one(
    database: Database, pods: list[Pod]
) -> None:
    with database.write() as session:
        for pod, traits in ((pods[0], "CUSTOM_GPU CUSTOM_X"), (pods[1], "")):
            placement = {"placement": {"traits": traits.split()}}
            registry.update(session, pod.id, capabilities=placement)
        binding.bind(session, "p", pods[1].id)
    placed = placing.place(database, SCHEDULER, Request("p", "az1", GPU))
    assert placed.effect is Effect.ADD
    assert stored(database) == {pods[0].id: False, pods[1].id: True}


def test_what_fits_nowhere_says_why(database: Database, pods: list[Pod]) -> None:
    with database.write() as session:
        registry.update(session, pods[0].id, state=PodState.CORDONED)
        placement: dict[str, Any] = {"placement": {"traits": []}}
        registry.update(session, pods[1].id, capabilities=placement)
    with pytest.raises(NoValidPod) as caught:
        placing.place(database, SCHEDULER, Request("p", "az1", GPU))
    assert str(caught.value) == (
        "no pod can take this for project p in az1: Pod1 is cordoned;"
        " Pod2 lacks CUSTOM_GPU of flavor gpu; Pod3 is in az2, not in az1"
    )
    assert stored(database) == {}
