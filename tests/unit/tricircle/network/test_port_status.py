# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""What becomes of ports in a pod by itself comes back."""

from datetime import timedelta
from typing import Any, cast

import pytest
from sqlalchemy import select

from tests.unit.tricircle.network.world import World, make_network, make_port
from tricircle.db.models import Job
from tricircle.jobs.lease import Lease
from tricircle.jobs.retry import Again, Retry
from tricircle.network.reconcilers import port_status
from tricircle.network.reconcilers.handlers import PortStatusHandler
from tricircle.regions.errors import Unreachable
from tricircle.regions.network import Resource

RUNNING = {
    "device_id": "server",
    "device_owner": "compute:nova",
    "binding:host_id": "host1",
    "status": "ACTIVE",
}


@pytest.fixture
def ports(world: World) -> list[Resource]:
    """Ports of running servers, of which the central region knows."""
    _, subnet = make_network(world)
    made = [make_port(world, subnet) for _ in range(3)]
    for port in made:
        world.there.put("port", world.realise(port), **RUNNING)
    assert not world.work()
    assert look(world) == 0
    return made


def look(world: World) -> int:
    found = port_status.look(world.reach, world.pod)
    assert not world.work()
    return found


def replica(world: World, port: Resource) -> Resource:
    mac = port["mac_address"]
    (found,) = (one for one in world.there.all("port") if one["mac_address"] == mac)
    return found


@pytest.mark.parametrize(
    "changes",
    [{"status": "DOWN"}, {"binding:host_id": "host2"}, {"device_id": "other"}],
    ids=["a server was stopped", "a server moved", "a port was given to another"],
)
def test_what_changes_in_a_pod_is_shown(
    world: World, ports: list[Resource], changes: dict[str, Any]
) -> None:
    world.there.put("port", replica(world, ports[1])["id"], **changes)
    assert look(world) == 1
    assert look(world) == 0
    shown = world.central.get("port", ports[1]["id"])
    profile = shown["binding:profile"]
    told = {**shown, "status": profile["status"]}
    assert changes.items() <= told.items()


def test_a_port_that_vanished_is_made_again(
    world: World, ports: list[Resource]
) -> None:
    world.there.delete("port", replica(world, ports[0])["id"])
    assert look(world) == 1
    assert replica(world, ports[0])["tags"] == [f"tricircle:{ports[0]['id']}"]


def test_a_pod_is_looked_at_in_pages(
    world: World, ports: list[Resource], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(port_status, "_PAGE", 2)
    for port in ports:
        world.there.put("port", replica(world, port)["id"], status="DOWN")
    assert look(world) == len(ports)


def test_what_others_have_in_a_pod_is_theirs(
    world: World, ports: list[Resource]
) -> None:
    network = world.there.all("network")[0]
    world.there.create("port", {"network_id": network["id"]})
    assert look(world) == 0


def test_each_pod_is_looked_at_again_and_again(
    world: World, ports: list[Resource]
) -> None:
    handler = PortStatusHandler(lambda conf: world.neutrons)
    wishes = list(handler.audit(world.context()))
    assert {wish.pod_id for wish in wishes} == {pod.id for pod in world.pods}
    for wish in wishes:
        job = Job(kind=wish.kind, resource_id=wish.resource_id, pod_id=wish.pod_id)
        with pytest.raises(Again) as again:
            handler.reconcile(job, cast("Lease", world.lease), world.context())
        assert again.value.after >= 30


def test_a_pod_that_is_away_is_tried_again(
    world: World, ports: list[Resource], monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: Any, **__: Any) -> Any:
        raise Unreachable("no answer")

    monkeypatch.setattr(world.there, "find", away)
    handler = PortStatusHandler(lambda conf: world.neutrons)
    job = Job(kind=port_status.KIND, resource_id=world.pod.id, pod_id=world.pod.id)
    with pytest.raises(Retry) as retry:
        handler.reconcile(job, cast("Lease", world.lease), world.context())
    assert retry.value.after == 30


def looked(world: World, handler: PortStatusHandler) -> float:
    """Let a job look at the pod; return after how many seconds it comes again."""
    job = Job(kind=port_status.KIND, resource_id=world.pod.id, pod_id=world.pod.id)
    with pytest.raises(Again) as again:
        handler.reconcile(job, cast("Lease", world.lease), world.context())
    return again.value.after


def test_new_ports_are_asked_for_together_until_they_are_up(world: World) -> None:
    """Fifty ports that take their time cost a call a look, not two calls each."""
    _, subnet = make_network(world)
    made = [world.realise(make_port(world, subnet)) for _ in range(50)]
    handler = PortStatusHandler(lambda conf: world.neutrons)
    looked(world, handler)
    assert not world.work()
    before = world.central.calls, world.there.calls
    for _ in range(10):
        assert 1 <= looked(world, handler) < 5
    assert (world.central.calls, world.there.calls) == (before[0], before[1] + 10)
    for port_id in made:
        world.there.put("port", port_id, **RUNNING)
    looked(world, handler)
    assert not world.work()
    assert looked(world, handler) > 20
    assert {port["binding:host_id"] for port in world.central.find("port")} == {
        "host1",
        "",  # holds the pod's own address
    }
    assert world.there.calls <= before[1] + 10 + 1 + 2 * len(made)


def test_a_new_port_hastens_the_look(world: World) -> None:
    _, subnet = make_network(world)
    world.realise(make_port(world, subnet))
    with world.database.write() as session:
        job = session.scalars(select(Job).where(Job.kind == port_status.KIND)).one()
        job.next_run_at = job.created_at + timedelta(hours=1)
    world.realise(make_port(world, subnet))
    with world.database.read() as session:
        job = session.scalars(select(Job).where(Job.kind == port_status.KIND)).one()
    assert job.wanted == 1
    assert job.next_run_at < job.created_at + timedelta(minutes=1)
