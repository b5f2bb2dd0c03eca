# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Replicas follow their central resources, and go with them."""

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

from tests.unit.tricircle.network.world import (
    KINDS,
    PROJECT,
    World,
    make_group,
    make_network,
    make_port,
    make_rule,
)
from tricircle.db.models import Job, JobState, RouteState
from tricircle.jobs.nudge import Silence
from tricircle.network.errors import CentralGone
from tricircle.network.intents import Hold, Intents
from tricircle.network.reconcilers.port import PortReconciler
from tricircle.network.wishes import Wishes
from tricircle.pods import routing
from tricircle.pods.server_ports import MADE
from tricircle.regions.errors import Unreachable
from tricircle.regions.network import Resource


class Killed(BaseException):
    """The process ends here."""


@pytest.fixture
def port(world: World) -> Resource:
    """A port in a group, realised; nothing is left to do."""
    _, subnet = make_network(world)
    group = make_group(world)
    made = make_port(world, subnet, [group])
    world.realise(made)
    assert not world.work()
    return made


def only(world: World, kind: str) -> Resource:
    (replica,) = world.there.all(kind)
    return world.there.get(kind, replica["id"])


@pytest.mark.parametrize(
    ("kind", "changes"),
    [
        ("network", {"name": "other", "mtu": 1400}),
        ("subnet", {"dns_nameservers": ["192.0.2.1"], "enable_dhcp": False}),
        ("port", {"admin_state_up": False, "name": "other"}),
        ("port", {"allowed_address_pairs": [{"ip_address": "10.0.0.99"}]}),
        ("security_group", {"description": "what for"}),
    ],
    ids=lambda value: value if isinstance(value, str) else "+".join(value),
)
def test_a_change_follows_once(
    world: World, port: Resource, kind: str, changes: dict[str, Any]
) -> None:
    (central,) = (
        one
        for one in world.central.all(kind)
        if one.get("device_owner", "") != "network:distributed"
    )
    world.update(kind, central["id"], **changes)
    assert not world.work()
    assert changes.items() <= only(world, kind).items()
    revision = only(world, kind)["revision_number"]
    world.update(kind, central["id"])
    assert not world.work()
    assert only(world, kind)["revision_number"] == revision


def test_rules_follow_and_what_passes_keeps_passing(
    world: World, port: Resource
) -> None:
    group = port["security_groups"][0]
    kept = make_rule(world, {"id": group}, protocol="icmp")
    world.update("security_group", group)
    assert not world.work()
    (before,) = (
        rule
        for rule in only(world, "security_group")["security_group_rules"]
        if rule["protocol"] == "icmp"
    )
    gone = make_rule(world, {"id": group}, protocol="tcp")
    world.update("security_group", group)
    assert not world.work()
    world.central.delete("security_group_rule", gone["id"])
    world.update("security_group", group)
    assert not world.work()
    rules = only(world, "security_group")["security_group_rules"]
    assert [rule["id"] for rule in rules if rule["protocol"]] == [before["id"]]
    assert kept["protocol"] == before["protocol"]


def test_a_new_group_of_a_port_is_realised(world: World, port: Resource) -> None:
    group = make_group(world, "second")
    world.update("port", port["id"], security_groups=[group["id"]])
    assert not world.work()
    (replica,) = (
        one for one in world.there.all("security_group") if one["name"] == "second"
    )
    assert only(world, "port")["security_groups"] == [replica["id"]]


def test_drift_in_the_pod_is_undone(world: World, port: Resource) -> None:
    network = only(world, "network")
    world.there.put("network", network["id"], name="renamed", tags=[])
    (central,) = world.central.all("network")
    world.update("network", central["id"])
    assert not world.work()
    assert only(world, "network")["name"] == central["name"]
    assert only(world, "network")["tags"] == [f"tricircle:{central['id']}"]


def test_a_replica_that_vanished_is_made_again(world: World, port: Resource) -> None:
    world.there.delete("port", only(world, "port")["id"])
    world.update("port", port["id"])
    assert not world.work()
    assert only(world, "port")["mac_address"] == port["mac_address"]


def test_what_the_pod_did_comes_back(world: World, port: Resource) -> None:
    replica = only(world, "port")
    booted = {
        "device_id": "server",
        "device_owner": "compute:nova",
        "binding:host_id": "host1",
        "status": "ACTIVE",
    }
    world.there.put("port", replica["id"], **booted)
    world.update("port", port["id"])
    assert not world.work()
    shown = world.central.get("port", port["id"])
    assert shown["device_id"] == "server"
    assert shown["device_owner"] == "compute:az1"
    assert shown["binding:host_id"] == "host1"
    assert shown["binding:profile"] == {
        "pod": "Pod1",
        "status": "ACTIVE",
        "device": "server",
    }


def test_a_port_of_which_a_server_let_go_is_free_unless_it_was_made_for_it(
    world: World, port: Resource
) -> None:
    test_what_the_pod_did_comes_back(world, port)
    replica = only(world, "port")
    unbound = {"device_id": "", "device_owner": "", "binding:host_id": ""}
    world.there.put("port", replica["id"], **unbound)
    world.central.tag("port", port["id"], [MADE])
    world.update("port", port["id"])
    assert not world.work()
    shown = world.central.get("port", port["id"])
    assert (shown["device_id"], shown["binding:profile"]) == ("server", {})


def test_a_changed_port_agrees_as_soon_as_it_is_asked_for(
    world: World, port: Resource
) -> None:
    replica_id = world.realise(port)
    world.work()
    world.central.update("port", port["id"], {"name": "other"})
    world.realiser.refresh_port(port["id"], world.pod.id)
    assert world.there.get("port", replica_id)["name"] == "other"


def test_a_job_that_read_a_port_earlier_does_not_set_it_back(
    world: World, port: Resource
) -> None:
    def change(number: int, place: str) -> None:
        world.neutrons.accidents.happen = lambda number, place: None
        world.central.update("port", port["id"], {"name": "newest"})
        world.realiser.refresh_port(port["id"], world.pod.id)

    world.update("port", port["id"], name="newer")
    world.neutrons.accidents.happen = change
    assert not world.work()
    assert only(world, "port")["name"] == "newest"


def test_a_port_that_changes_all_the_time_is_left_to_its_job(
    world: World, port: Resource
) -> None:
    replica = only(world, "port")

    def change(number: int, place: str) -> None:
        revision = only(world, "port")["revision_number"]
        world.there.put("port", replica["id"], revision_number=revision + 1)

    world.central.update("port", port["id"], {"name": "other"})
    world.neutrons.accidents.happen = change
    world.realiser.refresh_port(port["id"], world.pod.id)
    world.neutrons.accidents.happen = lambda number, place: None
    assert only(world, "port")["name"] == replica["name"]
    world.realiser.refresh_port(port["id"], world.pod.id)
    assert only(world, "port")["name"] == "other"


def test_a_port_that_can_not_be_refreshed_now_is_left_to_its_job(
    world: World, port: Resource
) -> None:
    world.realise(port)
    world.work()
    world.central.delete("port", port["id"])
    world.realiser.refresh_port(port["id"], world.pod.id)
    assert world.replicas()["port"] == 0
    world.realiser.refresh_port(port["id"], world.pod.id)


def test_a_released_port_is_free_and_can_be_realised_elsewhere(
    world: World, port: Resource
) -> None:
    test_what_the_pod_did_comes_back(world, port)
    world.realiser.release_port(port["id"], world.pod.id)
    assert world.replicas()["port"] == 0  # at once: its address is free in the pod, too
    world.realiser.release_port(port["id"], world.pod.id)
    world.realise(port, world.pods[1])
    assert not world.work()
    shown = world.central.get("port", port["id"])
    assert (shown["device_id"], shown["binding:profile"]) == ("", {})
    assert world.replicas()["port"] == 0
    assert world.replicas(world.pods[1])["port"] == 1


def test_a_release_leaves_what_another_server_has(world: World, port: Resource) -> None:
    test_what_the_pod_did_comes_back(world, port)
    world.central.update("port", port["id"], {"device_id": "next server"})
    world.realiser.release_port(port["id"], world.pod.id)
    assert not world.work()
    shown = world.central.get("port", port["id"])
    assert (shown["device_id"], shown["binding:host_id"]) == ("next server", "")


def test_a_port_that_goes_with_its_server_is_not_cleaned(
    world: World, port: Resource
) -> None:
    world.central.put("port", port["id"], tags=[MADE])
    world.there.put("port", only(world, "port")["id"], device_id="server")
    world.tell("port", port["id"])
    assert not world.work()
    calls = world.central.calls
    world.realiser.release_port(port["id"], world.pod.id)
    assert world.central.calls == calls + 1


def test_a_port_that_goes_while_it_is_told_of_is_no_failure(
    world: World, port: Resource, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.there.put("port", only(world, "port")["id"], device_id="server")
    update = world.central.update

    def late(kind: str, resource_id: str, *rest: Any, **options: Any) -> Any:
        world.delete("port", port["id"])
        return update(kind, resource_id, *rest, **options)

    monkeypatch.setattr(world.central, "update", late)
    world.tell("port", port["id"])
    assert not world.work(2)
    assert not world.there.all("port")


def test_a_port_that_goes_while_its_replica_does_shows_nothing_any_more(
    world: World,
    port: Resource,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    test_what_the_pod_did_comes_back(world, port)
    update = world.central.update

    def late(kind: str, resource_id: str, *rest: Any, **options: Any) -> Any:
        world.central.delete(kind, resource_id)
        return update(kind, resource_id, *rest, **options)

    monkeypatch.setattr(world.central, "update", late)
    world.realiser.release_port(port["id"], world.pod.id)
    assert port["id"] not in {one["id"] for one in world.central.all("port")}
    assert not caplog.records
    assert "port" not in {route.resource_type for route in world.routes()}


def test_an_address_that_was_lost_is_reserved_anew(
    world: World, port: Resource
) -> None:
    """A central Neutron died while it deleted the subnet, and has it still."""
    (held,) = world.central.find("port", device_owner="network:distributed")
    world.central.put("port", held["id"], fixed_ips=[])
    world.tell("subnet", port["fixed_ips"][0]["subnet_id"])
    assert not world.work()
    (held,) = world.central.find("port", device_owner="network:distributed")
    assert held["fixed_ips"]


def test_a_subnet_waits_for_replicas_of_ports_without_failing(
    world: World, port: Resource
) -> None:
    subnet_id = port["fixed_ips"][0]["subnet_id"]
    world.central.delete("port", port["id"])
    world.delete("subnet", subnet_id)
    (said,) = world.work(3)
    assert said.startswith("subnet: Wait(")
    Wishes(world.database, Silence()).port_gone(port["id"])
    assert not world.work()
    assert not world.there.all("subnet")


def test_a_group_waits_for_ports_that_part_with_it(
    world: World, port: Resource
) -> None:
    """Also for one that nobody sees have it any more, but a worker is at it still."""
    changed = world.central.update("port", port["id"], {"security_groups": []})
    world.delete("security_group", port["security_groups"][0])
    (said,) = world.work(3)
    assert said.startswith("security_group: Wait(")
    at_work = Job(
        kind="port",
        resource_id="another",
        pod_id=world.pod.id,
        project_id=PROJECT,
        state=JobState.RUNNING,
        reached=1,
    )
    with world.database.write() as session:
        session.add(at_work)
    Wishes(world.database, Silence()).port_changed(changed)
    (said,) = world.work(3)
    assert said.startswith("security_group: Wait(")
    assert not only(world, "port")["security_groups"]
    with world.database.write() as session:
        session.get_one(Job, at_work.id).state = JobState.DONE
    assert not world.work()
    assert not world.there.all("security_group")


def test_a_port_that_is_being_released_can_be_had_again(
    world: World, port: Resource
) -> None:
    world.realiser.release_port(port["id"], world.pod.id)
    again = world.realise(port)
    assert not world.work()
    assert only(world, "port")["id"] == again
    assert {route.state for route in world.routes()} == {RouteState.ACTIVE}


def delete_all(world: World) -> None:
    for port in world.central.all("port"):
        if port["device_owner"] != "network:distributed":
            world.delete("port", port["id"])
    for kind in ("network", "security_group"):
        for one in world.central.all(kind):
            if kind == "network":
                for subnet in world.central.all("subnet"):
                    world.delete("subnet", subnet["id"])
            world.delete(kind, one["id"])


def test_what_is_deleted_leaves_nothing(world: World, port: Resource) -> None:
    delete_all(world)
    assert not world.work()
    assert not any(world.replicas().values())
    assert not world.routes()
    assert not any(world.central.all(kind) for kind in KINDS)


@pytest.mark.parametrize("death", ["error", "killed"])
@pytest.mark.parametrize("place", ["before", "after"])
@pytest.mark.parametrize("step", range(4))
def test_a_removal_that_breaks_is_finished(
    world: World,
    port: Resource,
    monkeypatch: pytest.MonkeyPatch,
    place: str,
    death: str,
    step: int,
) -> None:
    world.patience = replace(world.patience, takeover=0.1)
    delete_all(world)
    happened = []
    first = next(world.neutrons.accidents.number) + 1

    def happen(number: int, where: str) -> None:
        if (number, where) == (first + step, place):
            happened.append(number)
            raise Killed if death == "killed" else Unreachable("no answer")

    with monkeypatch.context() as patch:
        patch.setattr(world.neutrons.accidents, "happen", happen)
        if death == "killed":
            patch.setattr(Hold, "let_go", lambda *_: None)
        try:
            world.work()
        except Killed:
            pass
    assert happened
    assert not world.work()
    assert not any(world.replicas().values())
    assert not world.routes()


def test_a_default_group_leaves_with_the_last_port_that_has_it(world: World) -> None:
    """The pod keeps its own, which may be used again."""
    default = make_group(world, "default")
    make_rule(world, default, protocol="icmp", remote_group_id=default["id"])
    for _ in range(2):
        _, subnet = make_network(world)
        ports = [make_port(world, subnet, [default]) for _ in range(2)]
        for port in ports:
            world.realise(port)
        assert not world.work()
        assert world.replicas()["address_group"] == 1
        world.delete("port", ports[0]["id"])
        assert not world.work()
        assert world.replicas()["address_group"] == 1
        delete_all(world)
        assert not world.work()
        assert not world.routes()
        assert not any(world.replicas().values())
        (own,) = world.there.find("security_group", project_id=PROJECT)
        assert own["tags"] == []


def test_a_default_group_stays_for_a_port_that_is_being_made(world: World) -> None:
    _, subnet = make_network(world)
    default = make_group(world, "default")
    port, coming = (make_port(world, subnet, [default]) for _ in range(2))
    world.realise(port)
    assert not world.work()
    intents = Intents(world.database, world.patience)
    held = intents.acquire("port", coming["id"], world.pod.id, PROJECT)
    assert isinstance(held, Hold)
    world.delete("port", port["id"])
    assert not world.work()
    assert default["id"] in {route.resource_id for route in world.routes()}
    held.forget()  # nothing came of it
    assert ("security_group", default["id"]) in world.audit()
    assert default["id"] not in {route.resource_id for route in world.routes()}


def test_the_audit_finds_what_no_driver_told(world: World, port: Resource) -> None:
    assert world.audit() == []
    world.central.update("port", port["id"], {"name": "other"})
    assert world.audit() == [("port", port["id"])]
    assert only(world, "port")["name"] == "other"
    assert world.audit() == []
    world.central.delete("port", port["id"])
    assert world.audit() == [("port", port["id"])]
    assert world.replicas()["port"] == 0


def test_a_stray_of_someone_taken_for_dead_goes(world: World, port: Resource) -> None:
    (group,) = world.central.all("security_group")
    replica = only(world, "security_group")
    tags = [f"tricircle:{group['id']}"]
    stray = world.there.create(
        "security_group", {"name": "late", "project_id": PROJECT}
    )
    world.there.tag("security_group", stray["id"], tags)
    world.update("security_group", group["id"])
    assert not world.work()
    assert only(world, "security_group")["id"] == replica["id"]


def wanted(world: World, kind: str, resource_id: str) -> int:
    """How often a job was wished for."""
    with world.database.read() as session:
        job = select(Job).where(Job.kind == kind, Job.resource_id == resource_id)
        return session.scalars(job).one().wanted


def test_a_job_that_fails_does_not_wish_for_itself(
    world: World, port: Resource
) -> None:
    """Its back-off would never apply."""
    body = {"network_id": only(world, "network")["id"], "project_id": "operator"}
    foreign = world.there.create("port", body)
    delete_all(world)
    before = wanted(world, "network", port["network_id"])
    (said,) = (one for one in world.work(rounds=5) if one.startswith("network:"))
    assert "NetworkInUse" in said
    assert wanted(world, "network", port["network_id"]) == before
    world.there.delete("port", foreign["id"])
    assert not world.work()
    assert not any(world.replicas().values())


def test_a_job_that_fails_wishes_for_others(
    world: World, port: Resource, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it did not come to make may be half there."""
    group = make_group(world, "second")
    world.central.update("port", port["id"], {"security_groups": [group["id"]]})
    world.tell("port", port["id"])

    def create(*_: object) -> Resource:
        raise Unreachable("no answer")

    with monkeypatch.context() as patch:
        patch.setattr(world.there, "create", create)
        assert world.work(rounds=1)
    assert wanted(world, "security_group", group["id"]) == 1
    assert not world.work()


def test_what_goes_while_a_job_completes_it_is_looked_at_again(
    world: World, port: Resource, monkeypatch: pytest.MonkeyPatch
) -> None:
    (route,) = (one for one in world.routes() if one.resource_type == "port")
    with world.database.write() as session:
        routing.update(session, route.id, state=RouteState.PENDING)
    world.tell("port", port["id"])

    def body(*_: object) -> None:
        world.central.delete("port", port["id"])
        raise CentralGone("port", port["id"])

    with monkeypatch.context() as patch:
        patch.setattr(PortReconciler, "body", body)
        world.work(rounds=1)
    assert not world.work()
    assert world.replicas()["port"] == 0
