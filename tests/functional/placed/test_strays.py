# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""What was done behind our back, and ports that nobody needs."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.functional.placed.conftest import World
from tricircle.pods.server_ports import MADE, Promise


def test_a_server_that_was_deleted_in_its_pod(world: World) -> None:
    for number in range(5):
        world.route(f"S{number}")
        world.pods[0].servers.add(f"S{number}", status="ACTIVE")
    world.port("made", "S3")
    world.port("taken", "S3", made=False)
    world.port("other", "S4", user="S4")
    assert world.work() == []
    del world.pods[0].servers.items["S3"]
    world.pods[0].servers.asked.clear()
    assert world.work() == []
    assert world.routes().keys() == {"S0", "S1", "S2", "S4"}
    assert world.devices() == {"taken": "", "other": "S4"}
    # The list, in pages, and one question about the one that is not in it.
    assert world.pods[0].servers.asked == ["/", "/", "/", "/S3", "/", "/S3"]


def test_a_volume_that_was_deleted_in_its_pod(world: World) -> None:
    world.route("V", "volume")
    assert world.work() == []
    assert world.routes("volume") == {}


def test_what_is_new_is_not_compared(world: World) -> None:
    route = world.route("S", age=timedelta(seconds=1))
    assert world.work() == []
    assert world.run("placed_route", route) == ""
    assert world.routes() == {"S": "active"}
    assert world.pods[0].servers.asked == []


def test_a_pod_that_is_down_does_not_keep_others_from_being_compared(
    world: World,
) -> None:
    world.route("S")
    world.pods[0].down()
    world.port("made", "deleted", user=None)
    assert [wish.kind for wish in world.audit("server_port")] == ["server_port"]
    assert world.routes() == {"S": "active"}


def test_a_port_without_a_route_of_its_server(world: World) -> None:
    world.port("made", "gone", user="gone")
    world.port("taken", "gone", made=False)
    world.port("nobody's", "")
    assert world.work() == []
    assert world.devices() == {"taken": ""}


def test_a_server_that_no_route_knows_keeps_its_port(world: World) -> None:
    world.port("made", "S", user="S")
    world.pods[0].servers.add("S", status="ACTIVE")
    (reason,) = world.work()
    assert reason == "server S in Pod1 has not let go of it yet"
    assert world.devices() == {"made": "S"}


def test_a_port_that_a_server_is_about_to_get_stays(world: World) -> None:
    world.port("A", "")
    port = world.central.neutron.ports["A"]
    port["updated_at"] = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    (reason,) = world.work()
    assert reason.startswith("again in ")
    assert world.devices() == {"A": ""}
    port["updated_at"] = "2020-01-01T00:00:00Z"
    assert world.work() == []
    assert world.devices() == {}


@pytest.mark.parametrize("device", ["S", str(Promise("req-1", is_made=True))])
def test_a_neutron_that_denies_everything_is_not_believed(
    world: World, device: str
) -> None:
    """As it does for a moment when it has been started."""
    world.route("S")
    world.pods[0].servers.add("S", status="ACTIVE")
    world.port("A", device, user="S")
    world.pods[0].neutron.is_ready = False
    assert "HTTPNotFound" in world.run("server_port", "A")
    world.pods[0].neutron.is_ready = True
    world.run("server_port", "A")
    assert world.devices() == {"A": "S"}
    world.central.neutron.is_ready = False
    assert "HTTPNotFound" in world.run("server_port", "A")
    assert world.devices() == {"A": "S"}


def test_a_port_whose_replica_is_lost_stays_with_its_server(world: World) -> None:
    world.route("S")
    world.pods[0].servers.add("S", status="ACTIVE")
    world.port("A", "S")
    world.pods[0].neutron.ports.clear()
    assert world.run("server_port", "A") == ""
    assert world.devices() == {"A": "S"}


def test_all_pods_are_asked_where_nothing_tells_which(world: World) -> None:
    world.port("made", "S", user=None)
    world.pods[1].servers.add("S", status="ACTIVE")
    world.work()
    assert world.devices() == {"made": "S"}
    world.pods[1].down()
    (reason,) = world.work()
    assert "can't be reached" in reason
    world.pods[1].up()
    world.pods[1].servers.items.clear()
    world.work()
    assert world.devices() == {}


def test_what_users_write_into_their_ports_is_theirs(world: World) -> None:
    world.port("appliance", "my-appliance", made=False, user=None)
    world.port("free", "", made=False)
    assert world.audit("server_port") == []
    assert world.run("server_port", "appliance") == ""
    assert world.devices() == {"appliance": "my-appliance", "free": ""}


@pytest.mark.parametrize(("user", "device"), [("", None), ("S", "S"), ("gone", None)])
@pytest.mark.parametrize("made", [True, False])
def test_an_interface_was_being_attached(
    world: World, user: str, device: str | None, made: bool
) -> None:
    world.pods[0].servers.add("S", status="ACTIVE")
    world.route("S")
    world.port("A", str(Promise("req-1", made)), made=made, user=user)
    port = world.central.neutron.ports["A"]
    port["updated_at"] = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    (reason,) = world.work()
    assert reason.startswith("again in ")
    port["updated_at"] = "2020-01-01T00:00:00Z"
    assert world.work() == []
    assert world.devices().get("A") == (device if made else device or "")
    if device:
        assert (MADE in port["tags"]) == made


def test_an_interface_is_being_detached(world: World) -> None:
    world.route("S")
    world.pods[0].servers.add("S", status="ACTIVE")
    world.port("A", "S", user="S")
    assert "not let go" in world.run("server_port", "A")
    world.pods[0].neutron.ports["A-there"]["device_id"] = ""
    assert world.run("server_port", "A") == ""
    assert world.devices() == {}
    assert world.run("server_port", "A") == ""


def test_an_interface_that_stays_is_left_alone(world: World) -> None:
    world.route("S")
    world.pods[0].servers.add("S", status="ACTIVE")
    world.port("A", "S", user="S")
    assert world.run("server_port", "A", attempts=12) == ""
    assert world.devices() == {"A": "S"}


def test_a_port_that_a_create_waits_for_is_left_to_it(world: World) -> None:
    intent = world.intent(age=timedelta(seconds=1))
    world.promised("A", intent)
    assert world.audit("server_port") == []
    assert world.run("server_port", "A") == ""
    assert world.devices()


def test_a_port_that_someone_took_meanwhile_is_not_freed(world: World) -> None:
    world.port("A", "gone", made=False)
    neutron = world.central.neutron
    neutron.meanwhile = lambda port: port.update(device_id="T", revision_number=7)
    (reason,) = world.work()
    assert "412" in reason
    assert world.devices() == {"A": "T"}


def test_audits_have_intervals_of_their_own(world: World) -> None:
    intervals = {
        kind: handler.audit_interval(world.context)
        for kind, handler in world.handlers.items()
    }
    assert intervals == {"placed_route": 60, "server_port": 300}
