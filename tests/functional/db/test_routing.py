# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Where resources live: learned, or intended and completed."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from tricircle.db.engine import Database
from tricircle.db.models import Pod, Route, RouteState, now
from tricircle.pods import routing
from tricircle.pods.errors import (
    Conflict,
    MarkerNotFound,
    PodNotFound,
    RouteElsewhere,
    RouteExists,
    RouteNotFound,
)


def server(name: str, pod: Pod) -> dict[str, Any]:
    return {
        "resource_type": "server",
        "resource_id": name,
        "pod_id": pod.id,
        "project_id": "p",
    }


def intent(pod: Pod) -> dict[str, Any]:
    return {"resource_type": "server", "pod_id": pod.id, "project_id": "p"}


def test_what_was_learned_is_found(database: Database, pods: list[Pod]) -> None:
    with database.write() as session:
        routing.learn(session, **server("s1", pods[0]), is_sole=True)
    with database.read() as session:
        (route,) = routing.find(session, "server", "s1")
        assert (route.pod_id, route.pod_resource_id) == (pods[0].id, "s1")
        assert route.state == RouteState.ACTIVE
        assert routing.find(session, "server", "s1", pods[1].id) == []
        assert routing.find(session, "volume", "s1") == []
        assert routing.get(session, route.id).resource_id == "s1"
        with pytest.raises(RouteNotFound):
            routing.get(session, "nothing")


def test_learning_twice_keeps_one_route(database: Database, pods: list[Pod]) -> None:
    with database.write() as session:
        first = routing.learn(session, **server("s1", pods[0]), details={"a": 1})
    with database.write() as session:
        again = routing.learn(session, **server("s1", pods[0]), revision=7)
    assert (again.id, again.details, again.revision) == (first.id, {"a": 1}, 7)


def test_fifty_who_learn_at_once_keep_one_route(
    database: Database, pods: list[Pod]
) -> None:
    gate = threading.Barrier(50)

    def learn(_: int) -> str:
        gate.wait(30)
        return database.retried(
            lambda it: routing.learn(it, **server("s1", pods[0]), is_sole=True)
        ).id

    with ThreadPoolExecutor(50) as pool:
        assert len(set(pool.map(learn, range(50)))) == 1


def test_a_network_has_a_replica_in_each_pod(
    database: Database, pods: list[Pod]
) -> None:
    facts: dict[str, Any] = {
        "resource_type": "network",
        "resource_id": "n",
        "project_id": "p",
    }
    with database.write() as session:
        for pod in pods:
            routing.learn(
                session, **facts, pod_id=pod.id, pod_resource_id=f"n-{pod.name}"
            )
    with database.read() as session:
        found = routing.find(session, "network", "n")
        assert {it.pod_resource_id for it in found} == {"n-Pod1", "n-Pod2", "n-Pod3"}
        back = routing.find_by_pod_resources(
            session, "network", pods[1].id, ["n-Pod2", "n-Pod1"]
        )
        assert [it.resource_id for it in back] == ["n"]


def test_a_sole_resource_is_refused_a_second_pod(
    database: Database, pods: list[Pod]
) -> None:
    with database.write() as session:
        routing.learn(session, **server("s1", pods[0]), is_sole=True)
    with database.write() as session:
        with pytest.raises(RouteElsewhere, match="s1") as caught:
            routing.learn(session, **server("s1", pods[1]), is_sole=True)
        assert caught.value.pod_id == pods[0].id
        with pytest.raises(RouteElsewhere):
            routing.intend(session, **server("s1", pods[1]), is_sole=True)
        routing.learn(session, **server("s2", pods[1]), is_sole=True)
    with database.read() as session:
        assert len(routing.routes(session)) == 2


def test_one_thing_in_a_pod_is_not_two_outside(
    database: Database, pods: list[Pod]
) -> None:
    with database.write() as session:
        routing.learn(session, **server("s1", pods[0]), pod_resource_id="x")
        with pytest.raises(Conflict, match="known as s1"):
            routing.learn(session, **server("s2", pods[0]), pod_resource_id="x")
        other = routing.learn(session, **server("s2", pods[0]))
        with pytest.raises(Conflict, match="known as s1"):
            routing.update(session, other.id, pod_resource_id="x")


def test_a_route_to_no_pod_is_refused(database: Database, pods: list[Pod]) -> None:
    facts = server("s1", pods[0]) | {"pod_id": "nothing"}
    with database.write() as session:
        with pytest.raises(PodNotFound, match="nothing"):
            routing.learn(session, **facts)
        with pytest.raises(PodNotFound, match="nothing"):
            routing.intend(session, **facts)


def test_many_are_found_at_once(database: Database, pods: list[Pod]) -> None:
    with database.write() as session:
        for number in range(5):
            routing.learn(session, **server(f"s{number}", pods[number % 2]))
    wanted = [f"s{number}" for number in range(2, 1500)]
    with database.read() as session:
        found = routing.find_many(session, "server", wanted)
        assert [it.resource_id for it in found] == ["s2", "s3", "s4"]
        found = routing.find_many(session, "server", wanted, pods[0].id)
        assert [it.resource_id for it in found] == ["s2", "s4"]
        assert routing.find_many(session, "server", []) == []


def test_an_intent_is_completed(database: Database, pods: list[Pod]) -> None:
    with database.write() as session:
        made = routing.intend(
            session,
            **intent(pods[0]),
            request_id="req-1",
            is_sole=True,
            details={"ports": ["x"]},
        )
    assert (made.state, made.resource_id) == (RouteState.PENDING, None)
    for _ in "ab":  # and again, after a lost answer
        with database.write() as session:
            done = routing.complete(session, made, "s1")
    assert (done.id, done.state, done.pod_resource_id) == (made.id, "active", "s1")
    assert (done.request_id, done.details) == ("req-1", {"ports": ["x"]})
    with database.read() as session:
        assert len(routing.routes(session)) == 1


def test_an_intent_may_be_repeated(database: Database, pods: list[Pod]) -> None:
    for _ in "ab":
        with database.write() as session:
            routing.intend(session, **intent(pods[0]), route_id="r" * 36)
    with database.read() as session:
        assert len(routing.routes(session)) == 1


def test_an_intent_for_what_is_there_is_refused(
    database: Database, pods: list[Pod]
) -> None:
    with database.write() as session:
        routing.learn(session, **server("s1", pods[0]))
        with pytest.raises(RouteExists, match="s1"):
            routing.intend(session, **server("s1", pods[0]))


def test_an_intent_and_what_was_learned_meanwhile_become_one(
    database: Database, pods: list[Pod]
) -> None:
    with database.write() as session:
        made = routing.intend(
            session, **intent(pods[0]), is_sole=True, details={"ports": ["x"]}
        )
    with database.write() as session:
        learned = routing.learn(session, **server("s1", pods[0]), is_sole=True)
    with database.write() as session:
        done = routing.complete(session, made, "s1")
    assert (done.id, done.details) == (learned.id, {"ports": ["x"]})
    with database.read() as session:
        assert [it.id for it in routing.routes(session)] == [learned.id]


def test_what_was_made_after_its_intent_was_abandoned_is_not_lost(
    database: Database, pods: list[Pod]
) -> None:
    with database.write() as session:
        made = routing.intend(session, **intent(pods[0]), is_sole=True)
    with database.write() as session:
        assert routing.abandon(session, made.id)
        assert not routing.abandon(session, made.id)
    with database.write() as session:
        routing.complete(session, made, "s1")
    with database.read() as session:
        (route,) = routing.find(session, "server", "s1")
        assert (route.pod_id, route.is_sole) == (pods[0].id, True)


def test_completed_intents_are_not_abandoned(
    database: Database, pods: list[Pod]
) -> None:
    with database.write() as session:
        made = routing.intend(session, **intent(pods[0]))
        routing.complete(session, made, "s1")
        assert not routing.abandon(session, made.id)
        assert routing.find(session, "server", "s1")


def test_a_completion_races_with_learning(database: Database, pods: list[Pod]) -> None:
    for number in range(10):
        name = f"s{number}"
        made = database.retried(
            lambda it: routing.intend(it, **intent(pods[0]), is_sole=True)
        )
        gate = threading.Barrier(2)

        def complete(made: Route, name: str, gate: threading.Barrier) -> None:
            gate.wait(30)
            database.retried(lambda it: routing.complete(it, made, name))

        def learn(name: str, gate: threading.Barrier) -> None:
            gate.wait(30)
            facts = server(name, pods[0])
            database.retried(lambda it: routing.learn(it, **facts, is_sole=True))

        with ThreadPoolExecutor(2) as pool:
            both = [pool.submit(complete, made, name, gate)]
            both.append(pool.submit(learn, name, gate))
            for one in both:
                one.result()
    with database.read() as session:
        assert len(routing.routes(session)) == 10


def test_old_intents_are_listed(database: Database, pods: list[Pod]) -> None:
    with database.write() as session:
        made = routing.intend(session, **intent(pods[0]))
        routing.learn(session, **server("s1", pods[0]))
    with database.read() as session:
        assert routing.pending(session, before=now() - timedelta(minutes=1)) == []
        found = routing.pending(session, before=now() + timedelta(minutes=1))
        assert [it.id for it in found] == [made.id]


def test_routes_come_in_pages(database: Database, pods: list[Pod]) -> None:
    moment = now()
    with database.write() as session:
        for number in range(7):
            made = routing.learn(session, **server(f"s{number}", pods[number % 2]))
            made.created_at = moment  # equal: the id has to decide
        routing.learn(session, **server("other", pods[2]))
    with database.read() as session:
        seen: list[Route] = []
        while page := routing.routes(
            session,
            project_id="p",
            resource_type="server",
            limit=3,
            marker=seen[-1].id if seen else None,
        ):
            seen += page
        assert len({it.id for it in seen}) == len(seen) == 8
        assert len(routing.routes(session, pod_id=pods[0].id)) == 4
        assert routing.routes(session, project_id="q") == []
        assert routing.routes(session, state=RouteState.PENDING) == []
        with pytest.raises(MarkerNotFound):
            routing.routes(session, marker="nothing")


def test_a_route_changes_and_is_forgotten(database: Database, pods: list[Pod]) -> None:
    with database.write() as session:
        made = routing.learn(session, **server("s1", pods[0]))
        routing.update(session, made.id, state=RouteState.DELETING, revision=3)
    with database.write() as session:
        (route,) = routing.find(session, "server", "s1")
        assert (route.state, route.revision) == ("deleting", 3)
        assert routing.forget(session, "server", "s1", pods[1].id) == 0
        assert routing.forget(session, "server", "s1") == 1
        assert routing.find(session, "server", "s1") == []


def test_routes_are_filtered_by_either_id(database: Database, pods: list[Pod]) -> None:
    with database.write() as session:
        for pod in pods[:2]:
            network = server("net", pod) | {"resource_type": "network"}
            routing.learn(session, **network, pod_resource_id="there")
        routing.learn(session, **server("there", pods[0]))
    with database.read() as session:
        named = routing.routes(session, resource_id="net")
        found = routing.routes(session, pod_resource_id="there", pod_id=pods[0].id)
        both = routing.routes(session, resource_id="net", pod_resource_id="other")
    assert [route.pod_id for route in named] == [pod.id for pod in pods[:2]]
    assert [route.resource_id for route in found] == ["net", "there"]
    assert both == []


@pytest.mark.parametrize("state", list(RouteState))
def test_a_route_is_removed_whatever_it_is(
    database: Database, pods: list[Pod], state: RouteState
) -> None:
    with database.write() as session:
        route = routing.learn(session, **server("s1", pods[0]))
        other = routing.learn(session, **server("s1", pods[1]))
        routing.update(session, route.id, state=state)
    with database.write() as session:
        routing.remove(session, route.id)
        with pytest.raises(RouteNotFound):
            routing.remove(session, route.id)
    with database.read() as session:
        assert [left.id for left in routing.routes(session)] == [other.id]
