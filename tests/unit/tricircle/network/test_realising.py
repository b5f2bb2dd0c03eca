# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Ports are realised with all that they rest on, once, whatever happens."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from tests.unit.tricircle.network.world import (
    PROJECT,
    World,
    make_group,
    make_network,
    make_port,
    make_rule,
)
from tricircle.db.models import RouteState
from tricircle.network.errors import Busy, CentralGone, NotReachable, Taken
from tricircle.network.intents import Hold
from tricircle.regions.errors import Clash, Refused, Unreachable
from tricircle.regions.network import Resource

ONE_OF_EACH = {
    "network": 1,
    "subnet": 1,
    "port": 1,
    "security_group": 1,
    "address_group": 1,
    "qos/policy": 0,
}


_VLAN = "provider:segmentation_id"


class Killed(BaseException):
    """The process ends here."""


def scene(world: World) -> Resource:
    """A port in a group of which the rules refer to itself."""
    _, subnet = make_network(world)
    group = make_group(world)
    make_rule(world, group, protocol="tcp", remote_group_id=group["id"])
    return make_port(world, subnet, [group], name="nic")


def test_a_replica_is_as_its_central_resource(world: World) -> None:
    port = scene(world)
    pod_port = world.there.get("port", world.realise(port))
    (network,), (subnet,) = world.there.all("network"), world.there.all("subnet")
    (group,) = world.there.all("security_group")
    (central_network,) = world.central.all("network")
    (reserved,) = world.central.find("port", device_owner="network:distributed")
    address = reserved["fixed_ips"][0]["ip_address"]
    for name in ("name", "mac_address", "project_id"):
        assert pod_port[name] == port[name]
    assert pod_port["fixed_ips"] == [
        {"subnet_id": subnet["id"], "ip_address": port["fixed_ips"][0]["ip_address"]}
    ]
    assert pod_port["security_groups"] == [group["id"]]
    assert pod_port["tags"] == [f"tricircle:{port['id']}"]
    assert network["tags"] == [f"tricircle:{central_network['id']}"]
    assert network["description"] == ""
    for name in ("provider:segmentation_id", "provider:physical_network", "mtu"):
        assert network[name] == central_network[name]
    assert subnet["allocation_pools"] == [{"start": address, "end": address}]
    assert reserved["project_id"] == "operator"


def test_a_route_is_of_whose_the_resource_is(world: World) -> None:
    _, subnet = make_network(world, project_id="owner")
    group = make_group(world)
    port = make_port(world, subnet, [group])
    world.realise(port)
    owners = {(one.resource_type, one.project_id) for one in world.routes()}
    assert owners >= {
        ("network", "owner"),
        ("subnet", PROJECT),
        ("port", PROJECT),
        ("security_group", PROJECT),
    }


def test_rules_are_the_same_and_mean_the_pods_groups(world: World) -> None:
    port = scene(world)
    world.realise(port)
    (group,) = world.there.all("security_group")
    (elsewhere,) = world.there.all("address_group")
    rules = world.there.get("security_group", group["id"])["security_group_rules"]
    assert [rule["direction"] for rule in rules].count("egress") == 2
    admitted = {
        (rule["remote_group_id"], rule["remote_address_group_id"])
        for rule in rules
        if rule["direction"] == "ingress"
    }
    assert admitted == {(group["id"], None), (None, elsewhere["id"])}


def test_the_default_group_is_the_pods_own(world: World) -> None:
    _, subnet = make_network(world)
    default = make_group(world, "default")
    make_rule(world, default, protocol="icmp")
    pod_port = world.there.get(
        "port", world.realise(make_port(world, subnet, [default]))
    )
    (own,) = world.there.find("security_group", project_id=PROJECT, name="default")
    assert pod_port["security_groups"] == [own["id"]]
    protocols = [rule["protocol"] for rule in own["security_group_rules"]]
    assert protocols.count("icmp") == 1
    assert world.replicas()["security_group"] == 0


def test_groups_may_refer_to_each_other_in_circles(world: World) -> None:
    _, subnet = make_network(world)
    left, right = make_group(world, "left"), make_group(world, "right")
    make_rule(world, left, remote_group_id=right["id"])
    make_rule(world, right, remote_group_id=left["id"])
    ports = [make_port(world, subnet, [group]) for group in (left, right)] * 2
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(world.realise, ports))
    assert not world.work()
    twice = dict.fromkeys(("port", "security_group", "address_group"), 2)
    assert world.replicas() == ONE_OF_EACH | twice
    ids = {group["id"] for group in world.there.all("security_group")}
    named = {rule["remote_group_id"] for rule in world.there.all("security_group_rule")}
    assert ids <= named
    assert all(route.state == RouteState.ACTIVE for route in world.routes())


def test_two_pods_have_the_same_network_and_addresses_of_their_own(
    world: World,
) -> None:
    _, subnet = make_network(world)
    ports = [make_port(world, subnet) for _ in world.pods]
    for port, pod in zip(ports, world.pods, strict=True):
        world.realise(port, pod)
    there = [world.neutrons.network(pod.name) for pod in world.pods]
    segments = [n.all("network")[0]["provider:segmentation_id"] for n in there]
    pools = [n.all("subnet")[0]["allocation_pools"][0]["start"] for n in there]
    assert segments[0] == segments[1]
    used = {port["fixed_ips"][0]["ip_address"] for port in world.central.all("port")}
    assert len({*pools}) == 2
    assert {*pools} < used
    assert len(used) == 4


def test_again_costs_no_call(world: World) -> None:
    port = scene(world)
    first = world.realise(port)
    before = world.there.calls, world.central.calls
    assert world.realise(port) == first
    assert (world.there.calls, world.central.calls) == before


def test_a_second_port_costs_two_calls_to_the_pod(world: World) -> None:
    _, subnet = make_network(world)
    world.realise(make_port(world, subnet))
    second = make_port(world, subnet)
    before = world.there.calls, world.central.calls
    world.realise(second)
    assert world.there.calls - before[0] == 2  # to make it, and to tag it
    assert world.central.calls - before[1] == 1


def test_fifty_boots_at_once_make_one_network(world: World) -> None:
    _, subnet = make_network(world)
    group = make_group(world)
    ports = [make_port(world, subnet, [group]) for _ in range(50)]
    with ThreadPoolExecutor(50) as pool:
        made = set(pool.map(world.realise, ports))
    assert len(made) == 50
    assert world.replicas() == ONE_OF_EACH | {"port": 50, "address_group": 0}


@pytest.mark.parametrize("death", ["error", "killed"])
@pytest.mark.parametrize("place", ["before", "after"])
def test_whatever_breaks_once_is_made_once(
    world: World, monkeypatch: pytest.MonkeyPatch, place: str, death: str
) -> None:
    """Each effect in turn goes wrong: before it, or after it and nobody hears of it."""
    world.patience = replace(world.patience, takeover=0.1)
    step = 0
    while broken(world, monkeypatch, scene(world), step, place, death):
        step += 1
    # Mark, tell, reserve, and add rules: all were interrupted.
    assert step >= 10


def broken(
    world: World,
    monkeypatch: pytest.MonkeyPatch,
    port: Resource,
    step: int,
    place: str,
    death: str,
) -> bool:
    """Realise a port with an accident at a step; False if there are less steps."""
    happened: list[int] = []

    def happen(number: int, where: str) -> None:
        if (number, where) == (first + step, place):
            happened.append(number)
            raise Killed if death == "killed" else Unreachable("no answer")

    before = world.replicas()
    first = next(world.neutrons.accidents.number) + 1
    with monkeypatch.context() as patch:
        patch.setattr(world.neutrons.accidents, "happen", happen)
        if death == "killed":
            patch.setattr(Hold, "let_go", lambda *_: None)
        try:
            world.realise(port)
        except (Killed, Unreachable):
            assert happened
    world.realise(port)
    assert not world.work()
    after = world.replicas()
    assert {kind: after[kind] - before[kind] for kind in after} == ONE_OF_EACH
    for kind in ONE_OF_EACH:
        for replica in world.there.all(kind):
            marks = [*replica["tags"], replica["description"]]
            assert len([one for one in marks if one.startswith("tricircle:")]) == 1
            assert kind == "address_group" or not replica["description"]
    assert all(route.state == RouteState.ACTIVE for route in world.routes())
    reserved = world.central.find("port", device_owner="network:distributed")
    assert len(reserved) == after["subnet"]
    return bool(happened)


def test_what_nobody_wants_any_more_is_cleaned_up(world: World) -> None:
    """A boot breaks after the pod made the port, and the user gives up."""
    port = scene(world)

    def happen(number: int, where: str) -> None:
        if where == "after" and world.there.all("port"):
            raise Unreachable("no answer")

    world.neutrons.accidents.happen = happen
    with pytest.raises(Unreachable):
        world.realise(port)
    world.neutrons.accidents.happen = lambda number, where: None
    world.delete("port", port["id"])
    assert not world.work()
    assert world.replicas() == ONE_OF_EACH | {"port": 0}
    assert not [route for route in world.routes() if route.resource_type == "port"]


def test_what_another_port_left_there_makes_room(world: World) -> None:
    """A MAC that a user chose is used again before the pod let go of it."""
    port = scene(world)
    left = world.there.get("port", world.realise(port))
    world.central.delete("port", port["id"])
    same = {name: port[name] for name in ("mac_address", "fixed_ips")}
    (subnet,) = world.central.all("subnet")
    again = make_port(world, subnet, **same)
    assert world.there.get("port", world.realise(again))["id"] != left["id"]
    assert not world.work()
    assert world.replicas() == ONE_OF_EACH


def test_an_address_that_is_handed_out_again_is_free_in_the_pod(world: World) -> None:
    port = scene(world)
    world.realise(port)
    world.central.delete("port", port["id"])
    (subnet,) = world.central.all("subnet")
    again = make_port(world, subnet, fixed_ips=port["fixed_ips"])
    made = world.there.get("port", world.realise(again))
    assert made["mac_address"] == again["mac_address"] != port["mac_address"]
    assert not world.work()
    assert world.replicas()["port"] == 1


def test_a_vlan_that_is_handed_out_again_is_free_in_the_pod(world: World) -> None:
    """No job has removed the replica yet that had it, nor those of its ports."""
    port = scene(world)
    world.realise(port)
    wire = delete_centrally(world, port)
    _, subnet = make_network(world, **wire)
    again = world.there.get("port", world.realise(make_port(world, subnet)))
    replica = world.there.get("network", again["network_id"])
    assert replica[_VLAN] == wire[_VLAN]
    assert world.audit()
    assert not world.work()
    counts = world.replicas()
    assert (counts["network"], counts["subnet"], counts["port"]) == (1, 1, 1)


def test_what_is_left_and_in_use_has_to_be_let_go_of(world: World) -> None:
    """Someone works in the pod directly: only they can end that."""
    port = scene(world)
    left = world.there.get("port", world.realise(port))
    body = {"network_id": left["network_id"], "project_id": "operator"}
    foreign = world.there.create("port", body)
    wire = delete_centrally(world, port)
    _, subnet = make_network(world, **wire)
    again = make_port(world, subnet)
    with pytest.raises(Busy, match=rf"let go of .* network {port['network_id']}"):
        world.realise(again)
    world.there.delete("port", foreign["id"])
    world.realise(again)
    assert not world.work()


def test_two_networks_on_one_wire_are_told(world: World) -> None:
    """Ranges of the central region overlap: neither network goes for the other."""
    port = scene(world)
    world.realise(port)
    (network,) = world.central.all("network")
    _, subnet = make_network(world)
    world.central.put("network", subnet["network_id"], **{_VLAN: network[_VLAN]})
    with pytest.raises(Taken, match=f"a replica of {network['id']}"):
        world.realise(make_port(world, subnet))
    assert not world.work()
    assert world.replicas()["network"] == 1


def delete_centrally(world: World, port: Resource) -> dict[str, Any]:
    """Delete a port and its network, of which nobody hears; return its wire."""
    network = world.central.get("network", port["network_id"])
    world.central.delete("port", port["id"])
    world.central.delete("network", port["network_id"])
    return {name: network[name] for name in network if name.startswith("provider:")}


def test_a_pod_that_refuses_leaves_nothing(world: World) -> None:
    port = scene(world)
    network, _ = world.central.all("network")[0], None
    foreign = {name: network[name] for name in network if name.startswith("provider:")}
    world.there.create("network", {"name": "foreign", **foreign})
    with pytest.raises(Taken, match=r"\('foreign'\) has its place, .* delete it there"):
        world.realise(port)
    assert not world.work()
    assert world.replicas() == dict.fromkeys(ONE_OF_EACH, 0) | {"network": 1}
    assert not world.routes()


def test_a_local_network_stays_in_its_pod(world: World) -> None:
    _, subnet = make_network(world, **{"provider:network_type": "geneve"})
    here, elsewhere = make_port(world, subnet), make_port(world, subnet)
    world.realise(here)
    with pytest.raises(NotReachable, match="in Pod1, so it can't be in Pod2"):
        world.realise(elsewhere, world.pods[1])
    assert not world.work()
    assert not any(world.replicas(world.pods[1]).values())
    assert {route.pod_id for route in world.routes()} == {world.pod.id}


def test_an_unknown_port_is_refused(world: World) -> None:
    with pytest.raises(CentralGone, match="no port nowhere"):
        world.realiser.realise_port("nowhere", world.pod.id, PROJECT)
    assert not world.work()
    assert not world.routes()


def test_a_foreign_tag_is_not_adopted(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = scene(world)
    forged = {"name": "forged", "project_id": "mallory", "provider:segmentation_id": 9}
    made = world.there.create("network", forged)
    (network,) = world.central.all("network")
    world.there.tag("network", made["id"], [f"tricircle:{network['id']}"])
    with monkeypatch.context() as patch:
        patch.setattr(world.neutrons.accidents, "happen", partial(_fail, []))
        with pytest.raises(Unreachable):
            world.realise(port)
    pod_port = world.there.get("port", world.realise(port))
    assert pod_port["network_id"] != made["id"]


def _fail(seen: list[int], number: int, where: str) -> None:
    seen.append(number)
    raise Unreachable("no answer")


@pytest.mark.parametrize("error", [Refused("MTU too large", 400), Clash("quota", 409)])
def test_a_refusal_is_told(
    world: World, monkeypatch: pytest.MonkeyPatch, error: Refused
) -> None:
    port = scene(world)

    def create(*_: Any) -> Resource:
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(world.there, "create", create)
        with pytest.raises(Refused, match=str(error)):
            world.realise(port)
    world.realise(port)
    assert world.replicas() == ONE_OF_EACH
