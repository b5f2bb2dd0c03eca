# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors

import json
from collections.abc import Iterable

import pytest

from demo.walk.errors import Unexpected
from demo.walk.places import Place, forgotten, holds_none, lived, places
from demo.walk.scene import Scene, Zone
from tests.unit.demo.walk.tables import listing

ZONES = (Zone("Pod1", "pod1", 1), Zone("Pod2", "pod2", 2))
SCENE = Scene("RegionOne", ZONES)
SHARED = {"network": "net1", "subnet": "subnet1", "security_group": "admit-ping"}
NAMES = [*SHARED.values(), "vm1", "vm2", "vol1", "vol2", "vm1-port", "vm2-port"]
FACTS = {f"{name}_id": f"id-of-{name}" for name in NAMES}
FACTS |= {"Pod1_pod": "p1", "Pod2_pod": "p2", "TOKEN": "secret"}


def route(kind: str, name: str, pod: str) -> dict[str, str]:
    return {
        "resource_type": kind,
        "resource_id": f"id-of-{name}",
        "pod_id": pod,
        "pod_resource_id": f"{name}-in-{pod}",
        "state": "active",
    }


def routes() -> list[dict[str, str]]:
    shared = [
        route(kind, name, p) for kind, name in SHARED.items() for p in "p1 p2".split()
    ]
    placed = [
        route(kind, f"{name}{n}{more}", f"p{n}")
        for n in (1, 2)
        for kind, name, more in (
            ("server", "vm", ""),
            ("volume", "vol", ""),
            ("port", "vm", "-port"),
        )
    ]
    return shared + placed


def answer(found: Iterable[dict[str, str]]) -> str:
    return json.dumps({"routings": list(found)})


def test_only_what_the_walk_made_has_a_place() -> None:
    text = answer([route("server", "vm1", "p1"), route("server", "foreign", "p1")])
    assert places(FACTS, text) == [
        Place("server", "vm1", "id-of-vm1", "Pod1", "vm1-in-p1", "active")
    ]


def test_a_route_that_does_not_know_the_pods_id_yet_is_a_place() -> None:
    pending = route("server", "vm1", "p1") | {"pod_resource_id": None, "pod_id": "?"}
    (place,) = places(FACTS, answer([pending]))  # type: ignore[list-item]
    assert (place.pod, place.pod_id) == ("?", "")


def test_before_the_operators_api_was_asked_nothing_has_a_place() -> None:
    assert places(FACTS) == []


def test_all_lived_where_it_has_to() -> None:
    text = answer(routes())
    assert lived(SCENE)(text, FACTS) == {"routings": text}


@pytest.mark.parametrize("name", NAMES)
def test_a_route_that_is_missing_is_named(name: str) -> None:
    left = [one for one in routes() if one["resource_id"] != f"id-of-{name}"]
    with pytest.raises(Unexpected, match=f"^{name} has routes to no pod"):
        lived(SCENE)(answer(left), FACTS)


def test_a_server_lives_in_one_pod_that_of_its_zone() -> None:
    twice = [*routes(), route("server", "vm1", "p2")]
    with pytest.raises(Unexpected, match="vm1 has routes to Pod1, Pod2, not to Pod1"):
        lived(SCENE)(answer(twice), FACTS)


def test_a_network_lives_in_every_pod() -> None:
    half = [
        one
        for one in routes()
        if (one["resource_type"], one["pod_id"]) != ("network", "p2")
    ]
    with pytest.raises(Unexpected, match="net1 has routes to Pod1, not to Pod1, Pod2"):
        lived(SCENE)(answer(half), FACTS)


def test_a_refusal_is_told() -> None:
    for check in (lived(SCENE), forgotten):
        with pytest.raises(Unexpected, match="not allowed"):
            check('{"error": {"message": "not allowed"}}', FACTS)


def test_routes_that_are_left_are_named() -> None:
    assert forgotten(answer([route("server", "foreign", "p1")]), FACTS) == {}
    with pytest.raises(Unexpected, match="still has routes to port vm1-port"):
        forgotten(answer([route("port", "vm1-port", "p1")]), FACTS)


def in_pod(*rows: tuple[str, str]) -> str:
    return listing(("ID", "Name"), *rows)


def test_a_pod_may_hold_what_others_made() -> None:
    facts = FACTS | {"routings": answer(routes())}
    check = holds_none(SCENE, ZONES[0])
    assert check(in_pod(("x", "default"), ("y", "")), facts) == {}
    assert check("\n", facts) == {}


def test_a_pod_is_not_empty_with_a_replica_or_with_one_of_the_walks_names() -> None:
    facts = FACTS | {"routings": answer(routes())}
    check = holds_none(SCENE, ZONES[0])
    with pytest.raises(Unexpected, match="Pod1 still holds vm1-port-in-p1"):
        check(in_pod(("vm1-port-in-p1", "")), facts)
    with pytest.raises(Unexpected, match="Pod1 still holds net1"):
        check(in_pod(("an-orphan", "net1")), facts)
    assert check(in_pod(("vm2-port-in-p2", "")), facts) == {}
