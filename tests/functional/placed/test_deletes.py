# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Deletes go on until the pod has let go of everything; others' ports stay."""

from datetime import timedelta

import pytest

from tests.functional.placed.conftest import World
from tricircle.db.models import RouteState
from tricircle.jobs.errors import LeaseLost
from tricircle.quotas.known import HOLD

DELETING = RouteState.DELETING
MINUTE = timedelta(minutes=1)


def test_ports_go_when_the_server_is_gone(world: World) -> None:
    route = world.route("S", state=DELETING, age=MINUTE)
    world.pods[0].servers.add("S", status="ACTIVE")
    world.port("made", "S", user="S")
    world.port("taken", "S", made=False, user="S")
    (reason,) = world.work()
    assert reason.startswith("again in ")
    assert world.central.neutron.changes == world.pods[0].neutron.changes == []

    world.pods[0].servers.items.clear()
    assert world.work() == []
    assert world.routes() == {}
    assert world.devices() == {"taken": ""}
    assert world.pods[0].neutron.ports == {}
    assert world.forget_jobs() == {("port", "made"), ("port", "taken")}
    assert world.run("placed_route", route) == ""


def test_a_replica_goes_before_its_address_is_free(world: World) -> None:
    world.route("S", state=DELETING, age=MINUTE)
    world.port("made", "S")
    world.pods[0].neutron.ports["made-there"]["id"] = "made-there"
    there, central = world.pods[0].neutron, world.central.neutron
    there.changes = central.changes  # in one order
    world.work()
    assert central.changes == ["DELETE made-there", "DELETE made"]


def test_a_worker_may_die_anywhere(world: World) -> None:
    route = world.route("S", state=DELETING, age=MINUTE)
    for name in ("A", "B"):
        world.port(name, "S")
    for effects in range(20):
        try:
            world.run("placed_route", route, effects)
            break
        except LeaseLost:
            continue
    assert (world.routes(), world.devices()) == ({}, {})
    assert world.pods[0].neutron.ports == {}


def test_what_is_not_deleted_after_all_is_in_use_again(world: World) -> None:
    world.route("S", state=DELETING)
    world.route("V", "volume", DELETING)
    world.pods[0].servers.add("S", status="ERROR")
    world.pods[0].volumes.add("V", status="error_deleting")
    world.port("made", "S", user="S")
    assert world.work() == []
    assert world.routes() == {"S": "active"}
    assert world.routes("volume") == {"V": "active"}
    assert world.devices() == {"made": "S"}


def test_a_volume_that_is_gone_is_forgotten(world: World) -> None:
    world.route("V", "volume", DELETING, MINUTE)
    assert world.work() == []
    assert world.routes("volume") == {}


@pytest.mark.parametrize("state", [DELETING, RouteState.ACTIVE])
def test_a_404_counts_only_from_a_service_that_lists(
    world: World, state: RouteState
) -> None:
    route = world.route("S", state=state)
    world.pods[0].servers.add("S", status="ACTIVE")
    world.port("made", "S", user="S")
    world.pods[0].servers.is_open = False  # as for someone who is no administrator
    assert "answered 403" in world.run("placed_route", route)
    world.wire.catalogue["Pod1"]["compute"] = "http://nova.pod1/wrong/v2.1"
    world.wire.hosts["nova.pod1"] = world.wire.hosts["keystone"]
    assert "no servers at all" in world.run("placed_route", route)
    world.pods[0].down()
    assert "can't be reached" in world.run("placed_route", route)
    assert world.routes() == {"S": state}
    assert world.central.neutron.changes == world.pods[0].neutron.changes == []


def test_networks_are_not_ours(world: World) -> None:
    world.route("N", "network", DELETING)
    world.intent("network")
    assert world.work() == []
    assert len(world.routes("network")) == 2


@pytest.mark.parametrize("held", [True, False])
def test_a_project_is_recounted_when_a_server_with_volumes_is_gone(
    world: World, held: bool
) -> None:
    world.route("S", state=DELETING)
    if held:
        world.route("S", HOLD)
    assert world.work() == []
    assert world.routes() == {}
    assert world.forget_jobs() == ({("quota", "P")} if held else set())
