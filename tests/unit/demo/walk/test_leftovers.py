# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors

import threading

import pytest

from demo.walk import leftovers
from demo.walk.errors import NameTaken, TooSlow
from demo.walk.scene import FLAVOR, KEY, MARK, MARK_PROPERTY, Scene, Zone
from tests.unit.demo.walk.cloud import FakeCloud
from tests.unit.demo.walk.conftest import World

#: The SDK warns of how it uses itself.
pytestmark = pytest.mark.filterwarnings(r"ignore:::openstack(\.|$)")

SCENE = Scene("RegionOne", (Zone("Pod1", "pod1", 1), Zone("Pod2", "pod2", 2)))


def strew(cloud: FakeCloud) -> None:
    """What a walk leaves behind when it is killed, and what others have."""
    cloud.put("server", "vm1", metadata={MARK_PROPERTY: MARK})
    cloud.put("server", "foreign-vm", metadata={MARK_PROPERTY: "work"})
    cloud.put("volume", "vol1", description=MARK, status="available")
    cloud.put("volume", "foreign-vol", description=None, status="available")
    cloud.put("network", "net1", description=MARK)
    cloud.put("network", "foreign-net", description="")
    cloud.put("port", "port1", network_id="net1", device_owner="compute:nova")
    cloud.put("port", "dhcp", network_id="net1", device_owner="network:dhcp")
    cloud.put("port", "foreign", network_id="foreign-net", device_owner="")
    cloud.put("security_group", "admit-ping", description=MARK)
    cloud.put("security_group", "default", description="")
    cloud.put("keypair", KEY)
    cloud.put("keypair", "foreign-key")
    cloud.put("flavor", FLAVOR)
    cloud.put("flavor", "foreign-flavor")


def test_what_bears_the_mark_is_removed_and_nothing_else(world: World) -> None:
    strew(world.central)
    told: list[str] = []
    assert leftovers.remove(world.clouds, told.append)
    assert world.central.deleted == [
        *("vm1", "vol1", "port1", "net1", "admit-ping", KEY, FLAVOR)
    ]
    assert told[0].startswith("removing server vm1, volume vol1, port port1")


def test_where_nothing_is_nothing_is_said(world: World) -> None:
    assert not leftovers.remove(world.clouds, pytest.fail)


def test_what_is_in_use_is_tried_again(world: World) -> None:
    strew(world.central)
    world.central.busy = {"net1": 2, "vm1": 1}
    assert leftovers.remove(world.clouds, lambda _: None)
    assert world.central.deleted[0] == "vm1"
    assert world.central.deleted[-1] == "net1"


def test_a_cloud_that_does_not_answer_is_asked_again(world: World) -> None:
    strew(world.central)
    world.central.fails = 2
    assert leftovers.remove(world.clouds, lambda _: None)
    assert "net1" in world.central.deleted


def test_what_does_not_go_is_named_with_the_reason(world: World) -> None:
    strew(world.central)
    world.central.busy = {"vm1": 9}
    with pytest.raises(TooSlow, match=r"can't remove server vm1, .*409"):
        leftovers.remove(world.clouds, lambda _: None, patience=0)


def test_names_are_free_where_nobody_has_them(world: World) -> None:
    world.central.put("network", "net2")
    world.pod1.put("server", "vm11")
    leftovers.check_names(world.clouds, SCENE)


def test_a_name_that_the_central_region_has_is_refused_at_once(world: World) -> None:
    world.central.put("network", "net1")
    with pytest.raises(NameTaken, match="network net1 in RegionOne"):
        leftovers.check_names(world.clouds, SCENE)


def test_names_that_others_have_in_pods_are_told(world: World) -> None:
    world.pod1.put("server", "vm1")
    world.pod2.put("security_group", "admit-ping")
    with pytest.raises(NameTaken) as error:
        leftovers.check_names(world.clouds, SCENE, patience=0)
    assert "server vm1 in Pod1, security group admit-ping in Pod2" in str(error.value)


def test_names_that_become_free_are_waited_for(world: World) -> None:
    world.pod1.put("network", "net1")
    timer = threading.Timer(0.2, world.pod1.things["network"].clear)
    timer.start()
    leftovers.check_names(world.clouds, SCENE, patience=30)
    timer.join()
