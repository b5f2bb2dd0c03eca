# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors

import json

import pytest

from demo.walk.errors import TooSlow, Unexpected, WalkError
from demo.walk.scene import Scene, Zone
from demo.walk.step import Await
from demo.walk.waiting import Watch
from tests.unit.demo.walk.conftest import World

#: The SDK warns of how it uses itself.
pytestmark = pytest.mark.filterwarnings(r"ignore:::openstack(\.|$)")

SCENE = Scene("RegionOne", (Zone("Pod1", "pod1", 1), Zone("Pod2", "pod2", 2)))
FACTS = {
    "vm1_id": "s1",
    "vm2_id": "s2",
    "vol1_id": "v1",
    "net1_id": "n1",
    "vm1_address": "10.0.0.7",
    "Pod1_pod": "p1",
    "Pod2_pod": "p2",
}


def wait(world: World, act: Await, facts: dict[str, str] = FACTS) -> list[str]:
    told: list[str] = []
    Watch(world.clouds, SCENE, patience=0).wait(act, facts, told.append)
    return told


def test_all_things_must_be_as_wanted(world: World) -> None:
    world.central.put("server", "s1", status="ACTIVE")
    world.central.put("server", "s2", status="BUILD")
    both = Await("server", ("vm1", "vm2"), "ACTIVE")
    with pytest.raises(TooSlow, match="for ACTIVE, in vain: vm1 ACTIVE, vm2 BUILD"):
        wait(world, both)
    world.central.put("server", "s2", status="ACTIVE")
    assert wait(world, both) == ["vm1 ACTIVE, vm2 ACTIVE"]


def test_each_change_is_told_once(world: World) -> None:
    world.central.put("volume", "v1", status="creating")
    told: list[str] = []

    def tell(said: str) -> None:
        told.append(said)
        world.central.put("volume", "v1", status="available")

    act = Await("volume", ("vol1",), "available")
    Watch(world.clouds, SCENE).wait(act, FACTS, tell)
    assert told == ["vol1 creating", "vol1 available"]


@pytest.mark.parametrize(("kind", "name"), [("server", "vm1"), ("volume", "vol1")])
def test_what_is_not_there_is_gone(world: World, kind: str, name: str) -> None:
    assert wait(world, Await(kind, (name,), "gone")) == [f"{name} gone"]


def test_a_server_that_failed_ends_the_waiting_with_its_fault(world: World) -> None:
    fault = {"message": "No valid host was found.", "code": 500}
    world.central.put("server", "s1", status="ERROR", fault=fault)
    with pytest.raises(Unexpected, match="server vm1 is in ERROR: No valid host"):
        wait(world, Await("server", ("vm1",), "ACTIVE"))


def test_a_volume_that_failed_ends_the_waiting(world: World) -> None:
    world.central.put("volume", "v1", status="error_deleting")
    with pytest.raises(Unexpected, match="volume vol1 is in error_deleting"):
        wait(world, Await("volume", ("vol1",), "gone"))


def test_a_server_has_its_address_when_its_console_says_so(world: World) -> None:
    world.central.put("server", "s1", status="ACTIVE")
    act = Await("address", ("vm1",), "set")
    world.central.console = "bound to 10.0.0.70/24"
    with pytest.raises(TooSlow, match="vm1 not yet set"):
        wait(world, act)
    world.central.console = "bound to 10.0.0.7/24"
    assert wait(world, act) == ["vm1 set"]


def test_a_pod_is_empty_when_all_that_has_a_route_to_it_is_gone(world: World) -> None:
    routes = [
        {
            "resource_type": kind,
            "resource_id": id_,
            "pod_id": pod,
            "pod_resource_id": f"{id_}-there",
            "state": "active",
        }
        for kind, id_, pod in (
            ("server", "s1", "p1"),
            ("network", "n1", "p1"),
            ("network", "n1", "p2"),
        )
    ]
    facts = FACTS | {"routings": json.dumps({"routings": routes})}
    act = Await("pod", ("pod1", "pod2"), "empty")
    world.pod1.put("network", "n1-there")
    world.pod2.put("server", "somebody-elses")
    with pytest.raises(TooSlow, match="pod1 still with network, pod2 empty"):
        wait(world, act, facts)
    world.pod1.things["network"].clear()
    assert wait(world, act, facts) == ["pod1 empty, pod2 empty"]


def test_a_cloud_that_fails_is_told_with_what_was_asked(world: World) -> None:
    world.central.fails = 1000
    with pytest.raises(WalkError, match="looking at server vm1: "):
        wait(world, Await("server", ("vm1",), "ACTIVE"))
