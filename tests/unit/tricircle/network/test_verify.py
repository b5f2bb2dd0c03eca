# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""What does not agree is found, from all sides, and mended by jobs; nothing else is."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.unit.tricircle.network.fake_routers import INTERFACE, RouterNeutrons
from tests.unit.tricircle.network.test_routers import Scene, full
from tests.unit.tricircle.network.world import (
    PROJECT,
    World,
    make_group,
    make_port,
    make_rule,
    make_world,
)
from tricircle.db.models import RouteState
from tricircle.network.verify.drift import Drift
from tricircle.network.verify.repair import repair
from tricircle.network.verify.verifier import Verifier
from tricircle.pods import routing
from tricircle.regions.errors import Unreachable
from tricircle.regions.network import Resource

#: What lacks from Pod1's point of view: sort, kind, and a part of the detail.
Seen = tuple[str, str, str]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = replace(make_world(tmp_path), neutrons=RouterNeutrons())
    yield made
    made.database.dispose()


@pytest.fixture
def scene(world: World) -> Scene:
    """A router over both pods, a floating IP, a group whose members are in both."""
    made = Scene(world)
    group = make_group(world)
    make_rule(world, group, protocol="tcp", remote_group_id=group["id"])
    policy = world.central.create("qos/policy", {"name": "slow", "project_id": PROJECT})
    limit = {"max_kbps": 1000, "direction": "egress"}
    world.central.create(f"qos/policies/{policy['id']}/bandwidth_limit_rule", limit)
    full(made)
    for subnet, pod in zip(made.subnets, world.pods, strict=True):
        chosen = {"qos_policy_id": policy["id"]}
        world.realise(make_port(world, subnet, [group], **chosen), pod)
    assert not world.work()
    return made


def found(world: World, project_id: str | None = None) -> list[Drift]:
    context = world.context()
    verifier = Verifier(context.conf, world.database, world.neutrons)
    return [*verifier.verify(project_id)]


def there(world: World, kind: str, name: str = "") -> Resource:
    """The replica of a kind in the first pod, or the one of a name."""
    return next(one for one in world.there.all(kind) if name in {"", one.get("name")})


def forget(world: World, type_: str, resource_id: str) -> None:
    with world.database.write() as session:
        assert routing.forget(session, type_, resource_id, world.pod.id)


def take_away(world: World, kind: str, resource_id: str) -> None:
    """Delete something in the first pod, whatever needs it."""
    del world.there._resources[kind][resource_id]


def test_where_all_agrees_nothing_is_found_or_written(
    world: World, scene: Scene
) -> None:
    def happen(number: int, place: str) -> None:
        raise AssertionError("something is written")

    world.neutrons.accidents.happen = happen
    routes = [(one.id, one.state, one.updated_at) for one in world.routes()]
    assert found(world) == []
    assert [(one.id, one.state, one.updated_at) for one in world.routes()] == routes
    assert not world.work(1)


def rename(world: World, scene: Scene) -> Seen:
    replica = world.there.find("network", name="10.0.1.0/24")[0]
    world.there.put("network", replica["id"], name="other")
    return "differs", "network", "name is 'other', not '10.0.1.0/24'"


def change_a_subnet(world: World, scene: Scene) -> Seen:
    replica = world.there.find("subnet", cidr="10.0.1.0/24")[0]
    world.there.put("subnet", replica["id"], dns_nameservers=["192.0.2.53"])
    return "differs", "subnet", "dns_nameservers is ['192.0.2.53'], not []"


def drop_a_rule(world: World, scene: Scene) -> Seen:
    rules = world.there.all("security_group_rule")
    rule = next(one for one in rules if one["remote_address_group_id"])
    take_away(world, "security_group_rule", rule["id"])
    return "differs", "security_group", "lacks 1 of security_group_rule"


def add_a_rule(world: World, scene: Scene) -> Seen:
    make = {"security_group_id": there(world, "security_group")["id"]}
    rule = {**make, "direction": "ingress", "ethertype": "IPv6"}
    world.there.create("security_group_rule", rule)
    return "differs", "security_group", "is too many"


def empty_the_members(world: World, scene: Scene) -> Seen:
    world.there.put("address_group", there(world, "address_group")["id"], addresses=[])
    return "differs", "security_group_members", "add_addresses"


def change_a_limit(world: World, scene: Scene) -> Seen:
    policy = there(world, "qos/policy")["id"]
    kind = f"qos/policies/{policy}/bandwidth_limit_rule"
    (rule,) = world.there.find(kind)
    world.there.put(kind, rule["id"], max_kbps=1)
    return "differs", "qos_policy", "max_kbps is 1, not 1000"


def drop_a_way(world: World, scene: Scene) -> Seen:
    router = there(world, "router", "r")
    world.there.put("router", router["id"], routes=[])
    east_west = there(world, "router", "east-west of r")
    world.there.put("router", east_west["id"], routes=[])
    return "differs", "router", "routes is []"


def drop_a_gateway(world: World, scene: Scene) -> Seen:
    router = there(world, "router", "r")
    world.there.put("router", router["id"], external_gateway_info=None)
    return "differs", "router", "external_gateway_info is None"


def drop_an_interface(world: World, scene: Scene) -> Seen:
    router = there(world, "router", "r")
    port = world.there.find("port", device_id=router["id"], device_owner=INTERFACE)[0]
    take_away(world, "port", port["id"])
    return "differs", "router", "lacks a port"


def lead_elsewhere(world: World, scene: Scene) -> Seen:
    floating = there(world, "floatingip")["id"]
    world.there.put("floatingip", floating, fixed_ip_address="10.0.2.99")
    return "differs", "floatingip", "fixed_ip_address is '10.0.2.99'"


def drop_a_floating_ip(world: World, scene: Scene) -> Seen:
    take_away(world, "floatingip", there(world, "floatingip")["id"])
    return "missing", "floatingip", "the route leads to nothing"


def drop_a_port(world: World, scene: Scene) -> Seen:
    (port,) = (
        one for one in world.there.all("port") if one["qos_policy_id"] is not None
    )
    take_away(world, "port", port["id"])
    return "missing", "port", "the route leads to nothing"


def forget_a_network(world: World, scene: Scene) -> Seen:
    forget(world, "network", scene.subnets[0]["network_id"])
    return "stray", "network", "no route leads to it"


def forget_a_group(world: World, scene: Scene) -> Seen:
    group = next(one for one in world.central.all("security_group"))
    forget(world, "security_group", group["id"])
    return "stray", "security_group", "no route leads to it"


def forget_members(world: World, scene: Scene) -> Seen:
    group = next(one for one in world.central.all("security_group"))
    forget(world, "security_group_members", group["id"])
    return "stray", "security_group_members", "no route leads to it"


def forget_a_router(world: World, scene: Scene) -> Seen:
    forget(world, "router", scene.router["id"])
    return "stray", "router", "no route leads to it"


def forget_an_east_west_router(world: World, scene: Scene) -> Seen:
    forget(world, "east_west_router", f"{scene.router['id']}.east-west")
    return "stray", "east_west_router", "no route leads to it"


def forget_a_floating_ip(world: World, scene: Scene) -> Seen:
    forget(world, "floatingip", world.central.all("floatingip")[0]["id"])
    return "stray", "floatingip", "no route leads to it"


def delete_unheard(world: World, scene: Scene) -> Seen:
    port = scene.ports[0]
    world.central.delete("port", port["id"])
    return "orphan", "port", "the central region has it no more"


def die_at_work(world: World, scene: Scene) -> Seen:
    with world.database.write() as session:
        port = scene.ports[0]["id"]
        (route,) = routing.find(session, "port", port, world.pod.id)
        routing.update(session, route.id, state=RouteState.PENDING)
    return "unfinished", "port", "its route is pending"


def change_unheard(world: World, scene: Scene) -> Seen:
    world.central.update("network", scene.subnets[0]["network_id"], {})
    return "behind", "network", "a change was not followed"


BREAKS = [
    rename,
    change_a_subnet,
    drop_a_rule,
    add_a_rule,
    empty_the_members,
    change_a_limit,
    drop_a_way,
    drop_a_gateway,
    drop_an_interface,
    lead_elsewhere,
    drop_a_floating_ip,
    drop_a_port,
    forget_a_network,
    forget_a_group,
    forget_members,
    forget_a_router,
    forget_an_east_west_router,
    forget_a_floating_ip,
    delete_unheard,
    die_at_work,
    change_unheard,
]


@pytest.mark.parametrize("break_", BREAKS, ids=lambda one: one.__name__)
def test_what_breaks_is_found_and_mended(
    world: World, scene: Scene, break_: Callable[[World, Scene], Seen]
) -> None:
    before = world.replicas()
    sort, kind, detail = break_(world, scene)
    drifts = found(world)
    seen = [(one.sort.value, one.kind, one.detail, one.pod) for one in drifts]
    assert [one for one in seen if one[:2] == (sort, kind) and detail in one[2]], (
        f"not in {seen}"
    )
    # A floating IP that has no route is in no pod.
    assert {pod for *_, pod in seen} <= {world.pod.name, ""}
    repair(world.reach, drifts)
    assert not world.work()
    assert found(world) == []
    if sort != "orphan":
        assert world.replicas() == before


def test_a_stray_of_what_is_gone_is_removed(world: World, scene: Scene) -> None:
    port = scene.ports[0]["id"]
    forget(world, "port", port)
    world.central.delete("port", port)
    before = world.replicas()["port"]
    drifts = found(world)
    assert [(one.sort.value, one.kind) for one in drifts] == [("stray", "port")]
    repair(world.reach, drifts)
    assert not world.work()
    assert found(world) == []
    assert world.replicas()["port"] == before - 1


def test_what_others_made_in_a_pod_is_theirs(world: World, scene: Scene) -> None:
    theirs = world.there.create("network", {"name": "theirs", "project_id": PROJECT})
    group = {"name": "theirs", "project_id": PROJECT}
    theirs_too = world.there.create("security_group", group)
    assert found(world) == []
    rename(world, scene)
    repair(world.reach, found(world))
    assert not world.work()
    assert world.there.get("network", theirs["id"])["name"] == "theirs"
    assert world.there.get("security_group", theirs_too["id"])["name"] == "theirs"


def test_a_pod_that_does_not_answer_is_told_once(world: World, scene: Scene) -> None:
    rename(world, scene)

    def no_answer(*_: Any, **__: Any) -> None:
        raise Unreachable("Pod2 does not answer")

    silent = world.neutrons.network(world.pods[1].name)
    silent.find = silent.get = no_answer  # type: ignore[assignment, method-assign]
    seen = [(one.pod, one.sort.value, one.detail) for one in found(world)]
    assert ("Pod2", "unknown", "Pod2 does not answer") in seen
    assert [one for one in seen if one[:2] == ("Pod1", "differs")]
    assert len([one for one in seen if one[0] == "Pod2"]) == 1


def test_one_project_is_looked_at_by_itself(world: World, scene: Scene) -> None:
    rename(world, scene)
    assert [one.kind for one in found(world, PROJECT)] == ["network"]
    assert found(world, "another") == []
