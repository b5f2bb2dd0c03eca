# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""The job that recounts a project, whoever does it, and whenever."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from tests.functional.placed.conftest import World
from tests.functional.quotas.test_limits import LONG_AGO, SMALL
from tests.unit.tricircle.regions.wire import Answer, Request
from tricircle.db.engine import Database
from tricircle.db.models import Account, Job
from tricircle.jobs.lease import Lease
from tricircle.jobs.retry import Retry
from tricircle.pods import routing
from tricircle.quotas import ledger
from tricircle.quotas.handler import KIND, QuotaHandler
from tricircle.quotas.known import HOLD
from tricircle.quotas.listing import COMPUTE, VOLUME


class _Held:
    """A lease that nobody takes away."""

    def check(self) -> None:
        pass


@pytest.fixture
def world(database: Database) -> World:
    made = World(database)
    for pod, ids in zip(made.pods, (("S1", "S2", "S3"), ("S4",)), strict=True):
        for id in ids:
            flavor: dict[str, Any] = {"vcpus": 2, "ram": 512}
            pod.servers.add(id, flavor=flavor, created="2026-01-01T00:00:00Z")
    return made


def counted(world: World, service: str = COMPUTE) -> None:
    """The project was counted once, long ago."""
    with world.database.write() as session:
        session.add(Account(project_id="P", service=service, counted_at=LONG_AGO))


def cinder(*volumes: str) -> Callable[[Request], Answer]:
    """A Cinder that has these, of 2 GiB."""
    items = [
        {
            "id": id,
            "os-vol-tenant-attr:tenant_id": "P",
            "size": 2,
            "created_at": datetime.now(UTC).isoformat(),
        }
        for id in volumes
    ]

    def serve(request: Request) -> Answer:
        key = request.path.split("/")[-2]
        listed = items if key == "volumes" and "marker" not in request.query else []
        return Answer(200, {key: listed})

    return serve


def recount(world: World) -> None:
    handler = QuotaHandler(lambda conf: world.wire.open())
    job = Job(kind=KIND, resource_id="P", project_id="P", attempts=0)
    handler.reconcile(job, cast("Lease", _Held()), world.context)


def taken(world: World) -> dict[str, int]:
    with world.database.read() as session:
        return ledger.used(session, "P", SMALL)


def test_all_pods_are_counted_page_by_page_and_again(world: World) -> None:
    counted(world)
    for _ in range(2):
        recount(world)
        assert taken(world) == {"instances": 4, "cores": 8, "ram": 2048}


def test_a_pod_that_refuses_is_counted_later(world: World) -> None:
    counted(world)
    world.pods[0].servers.is_open = False
    with pytest.raises(Retry):
        recount(world)
    assert taken(world)["instances"] == 1
    world.pods[0].servers.is_open = True
    recount(world)
    assert taken(world)["instances"] == 4


def test_a_project_that_has_nothing_is_forgotten(world: World) -> None:
    counted(world)
    for pod in world.pods:
        pod.servers.items.clear()
    world.pods[0].servers.is_open = False
    with pytest.raises(Retry):
        recount(world)
    with world.database.read() as session:
        assert session.get(Account, ("P", COMPUTE))
    world.pods[0].servers.is_open = True
    recount(world)
    with world.database.read() as session:
        assert session.get(Account, ("P", COMPUTE)) is None


def test_a_project_that_made_nothing_is_not_counted(world: World) -> None:
    recount(world)
    assert taken(world) == {}


def test_the_audit_names_projects_that_were_not_counted_lately(world: World) -> None:
    handler = QuotaHandler(lambda conf: world.wire.open())
    assert list(handler.audit(world.context)) == []
    counted(world)
    (wish,) = handler.audit(world.context)
    assert (wish.kind, wish.resource_id, wish.pod_id) == (KIND, "P", None)
    recount(world)
    assert list(handler.audit(world.context)) == []


def test_a_hold_ends_when_its_server_is_built(world: World) -> None:
    counted(world, VOLUME)
    held = {"volumes": 2, "gigabytes": 4}
    with world.database.write() as session:
        route = routing.learn(
            session,
            resource_type=HOLD,
            resource_id="S1",
            pod_id=world.ids[0],
            project_id="P",
            is_sole=True,
        )
        ledger.charge(session, route.id, "P", held)
    for number in (1, 2):
        world.wire.hosts[f"cinder.pod{number}"] = cinder(*(["V1"] * (number == 1)))

    def takes() -> dict[str, int]:
        with world.database.read() as session:
            return ledger.used(session, "P", held)

    recount(world)
    assert takes() == held
    del world.pods[0].servers.items["S1"]  # those that are built are not listed
    for _ in range(2):
        recount(world)
        assert takes() == {"volumes": 1, "gigabytes": 2}


def test_what_came_to_a_project_that_was_never_counted_counts(world: World) -> None:
    """It accepted a volume: an empty hold says so."""
    with world.database.write() as session:
        routing.learn(
            session,
            resource_type=HOLD,
            resource_id="H",
            pod_id=world.ids[0],
            project_id="P",
            is_sole=True,
        )
    for number in (1, 2):
        world.wire.hosts[f"cinder.pod{number}"] = cinder(*(["V1"] * (number == 1)))
    recount(world)
    with world.database.read() as session:
        assert ledger.used(session, "P", ["volumes"]) == {"volumes": 1}
        assert routing.routes(session, resource_type=HOLD) == []
