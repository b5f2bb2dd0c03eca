# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Placement over a real database; when that is down, only creates stop."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.unit.tricircle.gateway.pod import run
from tricircle.db.engine import Database
from tricircle.db.models import Base, RouteState
from tricircle.gateway.errors import BadRequest, Conflict, StoreUnavailable
from tricircle.gateway.ports import Wishes
from tricircle.gateway.stores import StoredPlacement
from tricircle.jobs import listing
from tricircle.pods import registry, routing
from tricircle.pods.filters.az import AzFilter
from tricircle.pods.filters.contract import Filter
from tricircle.pods.filters.locality import LocalityFilter
from tricircle.pods.filters.state import StateFilter
from tricircle.pods.scheduler import Scheduler


def capabilities(host: str) -> dict[str, Any]:
    return {
        "compute": {
            "url": f"http://{host}:8774/v2.1/",
            "min_microversion": "2.1",
            "max_microversion": "2.104",
        },
        "block-storage": {"url": f"http://{host}:8776/v3/abc"},
    }


@asynccontextmanager
async def placed(
    path: Path, *, pods: int = 2
) -> AsyncIterator[tuple[StoredPlacement, Database]]:
    database = Database(f"sqlite:///{path}/t.db", retry_time=0.1)
    Base.metadata.create_all(database.engine)
    with database.write() as session:
        registry.create(session, name="RegionOne", capabilities=capabilities("central"))
        for n in range(1, pods + 1):
            registry.create(
                session,
                name=f"Pod{n}",
                az_name=f"az{n}",
                capabilities=capabilities(f"pod{n}"),
            )
    filters: dict[str, Filter] = {
        "az": AzFilter(),
        "state": StateFilter(),
        "locality": LocalityFilter(),
    }
    placement = StoredPlacement(database, Scheduler(filters, {}), refresh=0.01)
    await placement.load()
    async with asyncio.TaskGroup() as group:
        task = group.create_task(placement.run())
        yield placement, database
        task.cancel()
    database.dispose()


async def written(database: Database, id: str) -> Any:
    """Wait until a route is in the database."""
    async with asyncio.timeout(5):
        while True:
            with database.read() as session:
                found = routing.find(session, "server", id)
            if found:
                return found
            await asyncio.sleep(0.01)


async def route_of(database: Database) -> str:
    """The id of S1's route."""
    (route,) = await written(database, "S1")
    return str(route.id)


def wished(database: Database) -> list[tuple[str, str]]:
    """The jobs that there are, in the order of their kinds."""
    with database.read() as session:
        return sorted((job.kind, job.resource_id) for job in listing.jobs(session))


def test_pods_are_as_they_were_probed(tmp_path: Path) -> None:
    async def main() -> None:
        async with placed(tmp_path) as (placement, _):
            assert placement.central.name == "RegionOne"
            assert [pod.name for pod in placement.pods] == ["Pod1", "Pod2"]
            pod = placement.pods[0]
            assert (pod.zone, pod.own_zone, pod.active) == ("az1", "", True)
            assert pod.endpoints == {
                "compute": "http://pod1:8774/v2.1",
                "volume": "http://pod1:8776/v3",
            }
            assert pod.versions == {"compute": ((2, 1), (2, 104))}

    run(main())


def test_what_routes_tell_of_servers_in_some_pods(tmp_path: Path) -> None:
    async def main() -> None:
        async with placed(tmp_path, pods=3) as (placement, database):
            _, *down = placement.pods
            for n, (pod, project) in enumerate(
                (pod, project) for pod in placement.pods for project in "PQ"
            ):
                placement.learn("server", f"S{n}", pod, project)
            placement.learn("volume", "V", down[0], "P")
            await written(database, "S5")
            placement.deleting("server", "S4", down[1])
            await placement.begin("server", down[1], "P", "req-1")

            async def told(project: str | None, id: str | None, limit: int) -> Any:
                records = await placement.recorded(
                    "server", down, project_id=project, id=id, limit=limit
                )
                return [(one.id, one.pod.name, one.project_id) for one in records]

            async with asyncio.timeout(5):
                while len(await told(None, None, 9)) > 3:
                    await asyncio.sleep(0.01)
            assert await told("P", None, 9) == [("S2", "Pod2", "P")]
            both = [("S2", "Pod2", "P"), ("S3", "Pod2", "Q")]
            assert await told(None, None, 9) == [*both, ("S5", "Pod3", "Q")]
            assert await told(None, None, 2) == both
            assert await told("Q", "S3", 1) == [("S3", "Pod2", "Q")]
            assert await told("P", "S3", 1) == await told("P", "S0", 1) == []

    run(main())


def test_a_new_pod_is_seen_and_an_unchanged_list_stays_the_same(tmp_path: Path) -> None:
    async def main() -> None:
        async with placed(tmp_path) as (placement, database):
            before = placement.pods
            await placement.load()
            assert placement.pods is before
            with database.write() as session:
                registry.create(session, name="Pod3", az_name="az3")
            async with asyncio.timeout(5):
                while placement.pod("Pod3") is None:
                    await asyncio.sleep(0.01)

    run(main())


def test_an_intent_is_pending_until_it_is_completed_or_abandoned(
    tmp_path: Path,
) -> None:
    async def main() -> None:
        async with placed(tmp_path) as (placement, database):
            pod = placement.pods[0]
            first = await placement.begin("server", pod, "P", "req-1")
            second = await placement.begin("server", pod, "P", "req-2")
            with database.read() as session:
                pending = routing.routes(session, state=RouteState.PENDING)
            assert {route.request_id for route in pending} == {"req-1", "req-2"}
            await placement.complete(first, "S1")
            await placement.abandon(second)
            with database.read() as session:
                (route,) = routing.routes(session)
            assert (route.resource_id, route.state) == ("S1", RouteState.ACTIVE)
            assert placement.known("server", "S1") == pod

    run(main())


def test_what_is_learned_is_known_to_other_processes(tmp_path: Path) -> None:
    async def main() -> None:
        async with placed(tmp_path) as (placement, database):
            placement.learn("server", "S1", placement.pods[1], "P")
            assert placement.known("server", "S1") == placement.pods[1]
            await written(database, "S1")
            other = StoredPlacement(database, Scheduler({}, {}))
            await other.load()
            assert other.known("server", "S1") is None
            assert await other.lookup("server", "S1") == placement.pods[1]
            assert other.known("server", "S1") == placement.pods[1]
            assert await other.lookup("server", "S2") is None

    run(main())


def test_what_is_not_a_projects_own_is_not_forgotten_for_it(tmp_path: Path) -> None:
    async def main() -> None:
        async with placed(tmp_path) as (placement, database):
            pod = placement.pods[0]
            placement.learn("server", "S1", pod, "P")
            await written(database, "S1")
            placement.gone("server", "S1", pod, "stranger")
            assert placement.known("server", "S1") == pod
            placement.learn("server", "S2", pod, "P")
            await written(database, "S2")  # what waited before is done
            await written(database, "S1")
            assert wished(database) == []
            placement.gone("server", "S1", pod, "P")
            assert placement.known("server", "S1") is None
            placement.learn("server", "S3", pod, "P")
            await written(database, "S3")
            # The operator is asked before it is forgotten.
            assert wished(database) == [("placed_route", await route_of(database))]

    run(main())


def test_a_job_looks_after_what_is_being_deleted(tmp_path: Path) -> None:
    async def main() -> None:
        async with placed(tmp_path) as (placement, database):
            pod = placement.pods[0]
            placement.learn("server", "S1", pod, "P")
            placement.deleting("server", "S1", pod)
            placement.let_go("port-1", "P")
            placement.learn("server", "S2", pod, "P")
            await written(database, "S2")  # what waited before is done
            assert wished(database) == [
                ("placed_route", await route_of(database)),
                ("server_port", "port-1"),
            ]
            (route,) = await written(database, "S1")
            assert route.state == RouteState.DELETING

    run(main())


def test_a_project_stays_where_it_is(tmp_path: Path) -> None:
    async def main() -> None:
        async with placed(tmp_path) as (placement, _):
            wishes = Wishes("server", zone="az2")
            pods = await asyncio.gather(
                *(placement.bind("P", wishes) for _ in range(9))
            )
            assert {pod.name for pod in pods} == {"Pod2"}
            near = Wishes("server", pod="Pod1", near=(("volume", "V1"),))
            assert (await placement.bind("P", near)).name == "Pod1"
            with pytest.raises(BadRequest, match="not available: mars"):
                await placement.bind("P", Wishes("server", zone="mars"))
            apart = Wishes("server", zone="az2", pod="Pod1", near=(("volume", "V1"),))
            with pytest.raises(Conflict, match="Availability zone az2"):
                await placement.bind("P", apart)

    run(main())


def test_without_a_database_what_is_known_stays_known(tmp_path: Path) -> None:
    async def main() -> None:
        async with placed(tmp_path) as (placement, database):
            pod = placement.pods[0]
            placement.learn("server", "S1", pod, "P")
            intent = await placement.begin("server", pod, "P", "req-1")
            database.dispose()
            (tmp_path / "t.db").rename(tmp_path / "away.db")
            (tmp_path / "t.db").mkdir()
            with pytest.raises(StoreUnavailable):
                await placement.load()
            with pytest.raises(StoreUnavailable):
                await placement.lookup("server", "S2")
            with pytest.raises(StoreUnavailable):
                await placement.begin("server", pod, "P", "req-2")
            with pytest.raises(StoreUnavailable):
                await placement.complete(intent, "S3")
            assert placement.known("server", "S1") == pod
            assert placement.known("server", "S3") == pod
            assert len(placement.pods) == 2

    run(main())
