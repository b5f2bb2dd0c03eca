# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from demo.boots.figures import Kind
from demo.boots.ground import MARK, NAME
from demo.boots.measuring import measure
from demo.walk.clouds import Clouds
from demo.walk.errors import Unexpected, WalkError
from demo.walk.scene import IMAGE, OPERATOR, USER, Zone
from tests.unit.demo.walk.cloud import FakeCloud, serving, write_clouds

#: The SDK warns of how it uses itself.
pytestmark = pytest.mark.filterwarnings(r"ignore:::openstack(\.|$)")

ZONES = (Zone("Pod1", "pod1", 1), Zone("Pod2", "pod2", 2))
FOREIGN = {"image", "zone"}


@dataclass(frozen=True)
class World:
    """The central region, the pods as their users see them, and all clouds."""

    central: FakeCloud
    pods: tuple[FakeCloud, ...]
    clouds: Clouds

    @property
    def left(self) -> list[str]:
        """What is in any of them, besides what was there from the beginning."""
        return [
            id_
            for cloud in (self.central, *self.pods)
            for kind, things in cloud.things.items()
            for id_ in things
            # A Neutron deletes these with what they are in.
            if kind not in FOREIGN | {"subnet", "security_group_rule"}
        ]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Clouds that make servers at once; the zones are known."""
    central, *pods = (FakeCloud() for _ in range(1 + len(ZONES)))
    central.put("image", IMAGE)
    for zone in ZONES:
        central.put("zone", zone.az, zoneName=zone.az)
    with ExitStack() as stack:
        url = stack.enter_context(serving(central))
        urls = {USER: url, OPERATOR: url}
        for zone, pod in zip(ZONES, pods, strict=True):
            urls[f"{zone.cloud}-{USER}"] = stack.enter_context(serving(pod))
        for cloud in (central, *pods):
            cloud.born["server"] = "ACTIVE"
        clouds = Clouds(write_clouds(tmp_path / "clouds.yaml", urls))
        yield World(central, tuple(pods), clouds)


def deleted(cloud: FakeCloud) -> Counter[str]:
    """How many of each kind were deleted; ids begin with their kind."""
    return Counter(id_.partition("-")[0] for id_ in cloud.deleted)


def test_each_round_boots_one_of_each_kind_and_the_first_do_not_count(
    world: World,
) -> None:
    told: list[str] = []
    times = measure(world.clouds, ZONES, 1, told.append)
    assert {kind: len(seconds) for kind, seconds in times.items()} == {
        kind: 1 for kind in Kind
    }
    assert [line.partition(":")[0] for line in told[:-1]] == ["Pod1", "Pod2", "Pod1"]
    assert ["count" in line for line in told[:-1]] == [True, True, False]
    assert told[-1] == f"removing flavor {NAME}"
    assert deleted(world.central) == {
        "server": 6,
        "network": 3,
        "security_group": 3,
        "flavor": 1,
    }
    assert [deleted(pod)["server"] for pod in world.pods] == [2, 1]
    assert not world.left


def test_a_server_that_fails_ends_it_and_nothing_is_left(world: World) -> None:
    world.pods[1].born["server"] = "ERROR"
    with pytest.raises(Unexpected, match="pod2-demo is in ERROR"):
        measure(world.clouds, ZONES, 1, lambda _: None)
    assert not world.left


def test_what_a_killed_run_left_goes_first_and_nothing_else(world: World) -> None:
    world.central.put("network", "network-old", description=MARK)
    world.central.put("network", "network-foreign", description="")
    world.pods[0].put("network", "own", description=f"{MARK} in Pod1 itself")
    world.pods[0].put("server", "foreign", metadata={})
    measure(world.clouds, ZONES[:1], 1, lambda _: None)
    assert world.central.deleted[0] == "network-old"
    assert world.pods[0].deleted[0] == "own"
    assert world.left == ["network-foreign", "foreign"]


def test_replicas_are_left_to_tricircle(world: World) -> None:
    world.pods[1].put("network", "replica", description=MARK)
    told: list[str] = []

    def tell(text: str) -> None:
        told.append(text)
        world.pods[1].things["network"].pop("replica", None)

    measure(world.clouds, ZONES[1:], 1, tell)
    assert told[0] == "removing Pod2's replica of network replica"
    assert "replica" not in world.pods[1].deleted


def test_pods_have_to_be_registered(world: World) -> None:
    del world.central.things["zone"]["az2"]
    with pytest.raises(WalkError, match="there is no zone az2: `make demo` registers"):
        measure(world.clouds, ZONES, 1, lambda _: None)
    assert not world.left
