# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Limits over pods that answer on sockets, and a database that counts."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from tests.unit.tricircle.gateway.cloud import Region
from tests.unit.tricircle.gateway.pod import pod, run
from tests.unit.tricircle.gateway.test_stores import placed
from tricircle.db.errors import DatabaseUnavailable
from tricircle.db.models import Pod as PodRow
from tricircle.gateway.caller import Caller
from tricircle.gateway.errors import GatewayError, OverLimit, PodUnavailable
from tricircle.gateway.identity import Credential, Identities, Keystone, OwnToken
from tricircle.gateway.ports import Counts, Intent
from tricircle.gateway.quotas import StoredQuotas
from tricircle.gateway.stores import StoredPlacement
from tricircle.gateway.transport import Transport
from tricircle.pods import routing
from tricircle.quotas.known import HOLD

TAKES = {"instances": 1, "cores": 1, "ram": 64}
QUOTA = "/v2.1/os-quota-sets/P"
SERVERS = "/v2.1/servers/detail"
CINDER = "/v3/operators"


def server(id: str) -> dict[str, Any]:
    return {
        "id": id,
        "tenant_id": "P",
        "flavor": {"vcpus": 1, "ram": 64},
        "created": "2026-01-01T00:00:00Z",
    }


@dataclass
class World:
    quotas: StoredQuotas
    placement: StoredPlacement
    central: Region
    pods: list[Region]

    def limit(self, **limits: int) -> None:
        self.central.answers[f"GET {QUOTA}"] = {"quota_set": {"id": "P", **limits}}

    def store(self, **limits: int) -> None:
        """Let all have a Cinder, without volumes so far."""
        self.central.answers[f"GET {CINDER}/os-quota-sets/P"] = {"quota_set": limits}
        for one in self.pods:
            one.answers[f"PUT {CINDER}/os-quota-sets/P"] = {}
            for key in ("volumes", "snapshots", "backups"):
                one.answers[f"GET {CINDER}/{key}/detail"] = {key: []}

    async def create(self, number: int = 0) -> Intent:
        chosen = self.placement.pods[number % 2]
        demand, _ = await self.quotas.afford(TAKES, "compute", chosen, "P", Counts())
        return await self.quotas.begin("server", chosen, "P", "req-1", demand)

    async def creates(self, count: int) -> list[Intent | GatewayError]:
        async def one(number: int) -> Intent | GatewayError:
            try:
                return await self.create(number)
            except GatewayError as error:
                return error

        return await asyncio.gather(*map(one, range(count)))


@contextmanager
def unheard_commit() -> Iterator[None]:
    """The connection breaks when the first transaction has just been committed."""
    broken = iter([True])

    def lose(session: Session) -> None:
        if not session.in_nested_transaction() and next(broken, False):
            raise DatabaseUnavailable("the connection was lost")

    event.listen(Session, "after_commit", lose)
    try:
        yield
        assert not next(broken, False)
    finally:
        event.remove(Session, "after_commit", lose)


@asynccontextmanager
async def world(path: Path) -> AsyncIterator[World]:
    """A central region and two pods, which have nothing yet."""
    regions = [Region(), Region(), Region()]
    async with AsyncExitStack() as stack:
        fakes = [await stack.enter_async_context(pod(one.serve)) for one in regions]
        placement, database = await stack.enter_async_context(placed(path))
        with database.write() as session:
            rows = session.query(PodRow).order_by(PodRow.name).all()
            for row, name in zip(rows, ("Pod1", "Pod2", "RegionOne"), strict=True):
                assert row.name == name
                origin = fakes[("RegionOne", "Pod1", "Pod2").index(name)].origin
                row.capabilities = {
                    "compute": {"url": f"{origin}/v2.1"},
                    "block-storage": {"url": f"{origin}/v3"},
                }
        await placement.load()
        for one in regions[1:]:
            one.answers[f"PUT {QUOTA}"] = {}
            one.answers[f"GET {SERVERS}"] = {"servers": []}
        transport = Transport()

        async def log_in() -> OwnToken:
            return OwnToken("own", "operators", 4e9)

        credential = Credential(log_in)
        identities = Identities(Keystone("http://none/v3", transport), credential)
        caller = Caller(placement, transport, credential, identities)
        yield World(StoredQuotas(placement, caller), placement, regions[0], regions[1:])
        await transport.aclose()


def test_of_many_at_once_exactly_as_many_as_fit_begin(tmp_path: Path) -> None:
    async def main() -> None:
        async with world(tmp_path) as it:
            it.limit(instances=3, cores=-1)
            made = await it.creates(20)
            refused = [one for one in made if isinstance(one, OverLimit)]
            assert len(refused) == 17
            assert {(one.status, one.message) for one in refused} == {
                (
                    403,
                    "Quota exceeded for instances: Requested 1, but already used 3 of 3"
                    " instances",
                )
            }
            # All who came first were counted for by very few looks.
            assert sum(asked.startswith("GET") for asked in it.pods[0].asked) <= 4

    run(main())


def test_a_create_whose_commit_was_not_heard_takes_once(tmp_path: Path) -> None:
    async def main() -> None:
        async with world(tmp_path) as it:
            it.limit(instances=1)
            await it.quotas.abandon(await it.create())
            with unheard_commit():
                await it.create()
            (refused,) = await it.creates(1)
            assert isinstance(refused, OverLimit)
            assert "already used 1 of 1" in refused.message

    run(main())


def test_what_a_pod_had_before_counts(tmp_path: Path) -> None:
    async def main() -> None:
        async with world(tmp_path) as it:
            it.limit(instances=2)
            it.pods[1].answers[f"GET {SERVERS}"] = {"servers": [server("old")]}
            made = await it.creates(5)
            assert sum(isinstance(one, Intent) for one in made) == 1

    run(main())


def test_a_pods_own_limits_are_lifted_and_copied_once(tmp_path: Path) -> None:
    async def main() -> None:
        async with world(tmp_path) as it:
            it.limit(instances=9, metadata_items=7)
            for _ in range(3):
                await it.create()
            first, *more = (
                request for request in it.pods[0].requests if request[:3] == b"PUT"
            )
            assert not more
            body = json.loads(first.partition(b"\r\n\r\n")[2])["quota_set"]
            assert (body["instances"], body["metadata_items"]) == (-1, 7)
            assert b"x-auth-token: own" in first.lower()
            it.limit(instances=9, metadata_items=8)
            await it.create()
            assert sum(asked.startswith("PUT") for asked in it.pods[0].asked) == 2

    run(main())


def test_a_pods_own_limits_are_lifted_again_once_it_refused(tmp_path: Path) -> None:
    async def main() -> None:
        async with world(tmp_path) as it:
            it.limit(instances=9)
            intent = await it.create()
            await it.quotas.abandon(intent)
            await it.create()
            assert sum(asked.startswith("PUT") for asked in it.pods[0].asked) == 2

    run(main())


def test_a_pod_whose_limits_stay_takes_servers_all_the_same(tmp_path: Path) -> None:
    async def main() -> None:
        async with world(tmp_path) as it:
            it.limit(instances=9)
            it.pods[0].answers[f"PUT {QUOTA}"] = (403, {})
            assert isinstance(await it.create(), Intent)

    run(main())


def test_without_the_central_limits_nothing_begins(tmp_path: Path) -> None:
    async def main() -> None:
        async with world(tmp_path) as it:
            (error,) = await it.creates(1)
            assert isinstance(error, PodUnavailable)

    run(main())


def test_what_is_being_deleted_is_looked_for_before_a_refusal(tmp_path: Path) -> None:
    async def main() -> None:
        async with world(tmp_path) as it:
            it.limit(instances=1)
            intent = await it.create()
            await it.placement.complete(intent, "S1")
            it.pods[0].answers[f"GET {SERVERS}"] = {"servers": [server("S1")]}
            assert isinstance((await it.creates(1))[0], OverLimit)
            it.placement.deleting("server", "S1", intent.pod)
            # The pod has let it go; the job that would take the route away is not here.
            it.pods[0].answers[f"GET {SERVERS}"] = {"servers": []}
            async with asyncio.timeout(5):
                while isinstance((await it.creates(1))[0], OverLimit):
                    await asyncio.sleep(0.01)

    run(main())


def test_of_several_no_more_than_fit_are_afforded(tmp_path: Path) -> None:
    async def main() -> None:
        async with world(tmp_path) as it:
            it.limit(cores=2)
            chosen = it.placement.pods[0]
            _, most = await it.quotas.afford(
                TAKES, "compute", chosen, "P", Counts(1, 5)
            )
            assert most == 2
            with pytest.raises(OverLimit, match="Requested 5, but already used 0 of 2"):
                await it.quotas.afford(TAKES, "compute", chosen, "P", Counts(3, 5))

    run(main())


def test_what_nobody_counted_yet_may_grow_up_to_the_limit(tmp_path: Path) -> None:
    async def main() -> None:
        async with world(tmp_path) as it:
            it.limit(cores=4)
            it.pods[0].answers[f"GET {SERVERS}"] = {"servers": [server("S1")]}
            chosen = it.placement.pods[0]

            async def grow(cores: int) -> Any:
                takes = {**TAKES, "cores": cores}
                return await it.quotas.grow(
                    "server", "S1", chosen, takes, "compute", "P"
                )

            raised = await grow(4)
            assert (raised.before["cores"], raised.after["cores"]) == (1, 4)
            with pytest.raises(OverLimit, match="Requested 1, but already used 4 of 4"):
                await grow(5)
            routes = await it.placement.retried(
                lambda session: routing.find(session, "server", "S1")
            )
            assert len(routes) == 1

    run(main())


def volume(id: str) -> dict[str, Any]:
    return {
        "id": id,
        "os-vol-tenant-attr:tenant_id": "P",
        "size": 1,
        "volume_type": None,
        "created_at": datetime.now(UTC).isoformat(),
    }


def test_volumes_of_a_server_are_held_until_it_is_built(tmp_path: Path) -> None:
    """The pod of which no project has a volume is not asked for its servers."""

    async def main() -> None:
        async with world(tmp_path) as it:
            it.store(volumes=1)
            first, second = it.pods
            first.answers[f"GET {SERVERS}"] = {"servers": [{"id": "S1"}]}
            pod = it.placement.pods[0]

            async def hold() -> Intent:
                takes = {"volumes": 1}
                demand, _ = await it.quotas.afford(takes, "volume", pod, "P", Counts())
                return await it.quotas.begin(HOLD, pod, "P", "req-1", demand)

            await it.placement.complete(await hold(), "S1")
            there = [volume("V1")]
            first.answers[f"GET {CINDER}/volumes/detail"] = {"volumes": there}
            with pytest.raises(OverLimit, match="volumes allowed"):
                await hold()
            assert any(
                asked.startswith(f"GET {SERVERS}") and "status=BUILD" in asked
                for asked in first.asked
            )
            assert not any(SERVERS in asked for asked in second.asked)
            # It was built, and its volume counts for itself now; then that goes.
            first.answers[f"GET {SERVERS}"] = {"servers": []}
            with pytest.raises(OverLimit):
                await hold()
            there.clear()
            async with asyncio.timeout(10):
                while True:
                    try:
                        await hold()
                    except OverLimit:
                        await asyncio.sleep(0.1)  # the last count is fresh for 2 s
                        continue
                    break

    run(main())


def test_what_is_new_beside_a_server_that_is_built_grows_later(tmp_path: Path) -> None:
    async def main() -> None:
        async with world(tmp_path) as it:
            it.store(volumes=9, gigabytes=9)
            first, pod = it.pods[0], it.placement.pods[0]
            first.answers[f"GET {SERVERS}"] = {"servers": [{"id": "S1"}]}
            takes = {"volumes": 1, "gigabytes": 1}
            demand, _ = await it.quotas.afford(takes, "volume", pod, "P", Counts())
            held = await it.quotas.begin(HOLD, pod, "P", "req-1", demand)
            await it.placement.complete(held, "S1")
            first.answers[f"GET {CINDER}/volumes/detail"] = {"volumes": [volume("V1")]}

            async def grow() -> Any:
                larger = {"volumes": 1, "gigabytes": 5}
                return await it.quotas.grow("volume", "V1", pod, larger, "volume", "P")

            with pytest.raises(PodUnavailable):
                await grow()
            first.answers[f"GET {SERVERS}"] = {"servers": []}
            assert (await grow()).after["gigabytes"] == 5

    run(main())
