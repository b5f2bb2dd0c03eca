# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Creates that were broken off: what the pod made stays, what nobody needs goes."""

from datetime import timedelta

import pytest

from tests.functional.placed.conftest import World
from tricircle.jobs.errors import LeaseLost
from tricircle.pods import routing
from tricircle.pods.server_ports import MADE


def test_nothing_came_of_it(world: World) -> None:
    world.intent()
    assert world.work() == []
    assert world.routes() == {}


def test_ports_were_made_and_taken(world: World) -> None:
    intent = world.intent()
    world.promised("made", intent)
    world.promised("taken", intent, made=False)
    world.promised("only-here", intent, user=None)
    assert world.work() == []
    assert world.routes() == {}
    assert world.devices() == {"taken": ""}
    assert world.pods[0].neutron.ports == {}
    assert world.forget_jobs() == {("port", "made"), ("port", "taken")}
    assert set(world.routes("port").values()) == {"deleting"}


def test_a_port_was_made_and_got_no_tag(world: World) -> None:
    intent = world.intent()
    world.promised("made", intent, user=None)
    world.central.neutron.ports["made"]["tags"] = []
    world.work()
    assert world.devices() == {}


@pytest.mark.parametrize("status", ["ACTIVE", "BUILD", "ERROR"])
def test_the_pod_made_the_server(world: World, status: str) -> None:
    intent = world.intent()
    world.promised("made", intent, user="S")
    world.promised("taken", intent, made=False, user="S")
    world.pods[0].servers.add("S", status=status)
    for _ in range(2):
        assert world.work() == []
        assert world.routes() == {"S": "active"}
        assert world.devices() == {"made": "S", "taken": "S"}
        owner = world.central.neutron.ports["made"]["device_owner"]
        assert owner == "compute:az1"
    with world.database.read() as session:
        assert routing.get(session, intent).resource_id == "S"


def test_a_server_that_could_not_be_built_has_no_ports(world: World) -> None:
    intent = world.intent()
    world.promised("made", intent)
    world.promised("taken", intent, made=False)
    world.pods[0].servers.add("S", status="ERROR")
    world.work()
    assert world.routes() == {"S": "active"}
    assert world.devices() == {"taken": ""}


def test_a_server_that_is_being_built_is_waited_for(world: World) -> None:
    intent = world.intent()
    world.promised("made", intent)
    world.pods[0].servers.add("S", status="BUILD")
    assert world.work() == ["again in 60 s"]
    assert world.central.neutron.changes == []
    world.pods[0].neutron.ports["made-there"]["device_id"] = "S"
    assert world.work() == []
    assert world.devices() == {"made": "S"}


def test_another_server_that_is_being_built_is_not(world: World) -> None:
    intent = world.intent()
    world.promised("made", intent)
    world.pods[0].servers.add("S", status="BUILD")
    world.route("S")
    world.port("other", "S")
    assert world.work() == []
    assert world.devices() == {"other": "S"}


def test_of_two_creates_each_gets_its_server(world: World) -> None:
    first, second = world.intent(), world.intent()
    world.promised("A", first, user="S1")
    world.promised("B", second, user="S2")
    for id_ in ("S1", "S2"):
        world.pods[0].servers.add(id_, status="ACTIVE")
    world.work()
    assert world.routes() == {"S1": "active", "S2": "active"}
    assert world.devices() == {"A": "S1", "B": "S2"}


def test_what_others_have_is_not_adopted(world: World) -> None:
    world.intent()
    servers = world.pods[0].servers
    servers.add("foreign", "Q", status="ACTIVE")
    servers.add("before", status="ACTIVE")
    servers.items["before"]["created"] = "2020-01-01T00:00:00Z"
    for number in range(5):
        servers.add(f"S{number}", status="ACTIVE")
    world.work()
    assert world.routes() == {f"S{number}": "active" for number in range(5)}


def test_a_volume_is_adopted(world: World) -> None:
    world.intent("volume")
    world.intent("attachment")
    world.pods[0].volumes.add("V", status="available")
    created = world.pods[0].volumes.items["V"]["created_at"]
    world.pods[0].volumes.items["V"]["created_at"] = created.removesuffix("+00:00")
    world.work()
    assert world.routes("volume") == {"V": "active"}
    assert world.routes("attachment") == {}


def test_a_gateway_may_be_at_work(world: World) -> None:
    intent = world.intent(age=timedelta(seconds=200))
    world.promised("made", intent)
    assert world.work() == []
    assert world.run("placed_route", intent).startswith("again in ")
    assert world.routes() == {None: "pending"}
    assert world.devices()


@pytest.mark.parametrize("made", [True, False])
def test_a_pod_that_does_not_answer_decides_nothing(world: World, made: bool) -> None:
    intent = world.intent()
    world.promised("A", intent, made=made)
    world.pods[0].servers.is_open = False
    (reason,) = world.work()
    assert "answered 403" in reason
    world.pods[0].servers.is_open = True
    world.pods[0].down()
    (reason,) = world.work()
    assert "can't be reached" in reason
    assert world.routes() == {None: "pending"}
    assert world.central.neutron.changes == []
    world.pods[0].up()
    assert world.work() == []
    assert world.routes() == {}


@pytest.mark.parametrize("user", ["", "S"])
def test_a_worker_may_die_anywhere(world: World, user: str) -> None:
    intent = world.intent()
    world.promised("A", intent, user=user)
    world.promised("B", intent, made=False, user=user)
    if user:
        world.pods[0].servers.add(user, status="ACTIVE")
        world.central.neutron.ports["A"]["tags"] = []
    for effects in range(20):
        try:
            world.run("placed_route", intent, effects)
            break
        except LeaseLost:
            continue
    assert world.routes() == ({"S": "active"} if user else {})
    assert world.devices() == ({"A": "S", "B": "S"} if user else {"B": ""})
    if user:
        assert world.central.neutron.ports["A"]["tags"] == [MADE]


@pytest.mark.parametrize("with_route", [True, False])
def test_a_replica_that_nobody_recorded_is_found(
    world: World, with_route: bool
) -> None:
    intent = world.intent()
    world.promised("made", intent)
    mac = world.central.neutron.ports["made"]["mac_address"]
    there = world.pods[0].neutron
    there.ports["made-there"] |= {"mac_address": mac, "network_id": "N-there"}
    there.add("foreign", mac_address=mac, network_id="M")
    there.add("neighbour", network_id="N-there")
    world.unrecord("made", "N-there", with_route)
    world.work()
    assert set(there.ports) == {"foreign", "neighbour"}
    assert world.devices() == {}
