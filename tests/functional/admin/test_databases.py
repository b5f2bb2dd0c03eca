# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""What differs between databases: races, and how pages are cut."""

from concurrent.futures import ThreadPoolExecutor

from tests.unit.tricircle.pods.world import World
from tricircle.db.engine import Database
from tricircle.db.models import Pod
from tricircle.jobs import listing, queue
from tricircle.pods import registry
from tricircle.pods.errors import CentralRegionExists, PodExists
from tricircle.pods.intent import Wanted
from tricircle.pods.membership import Membership
from tricircle.regions.aggregates import REFUSALS

AT_ONCE = 10


def test_joins_at_once_are_one(database: Database) -> None:
    world = World()
    membership = Membership(database, world, world, REFUSALS)
    membership.join(Wanted("RegionOne"))

    def join(_: int) -> str | None:
        try:
            return membership.join(Wanted("Pod1", "az1")).id
        except PodExists:
            return None

    with ThreadPoolExecutor(AT_ONCE) as pool:
        ids = set(pool.map(join, range(AT_ONCE))) - {None}
    with database.read() as session:
        (pod,) = registry.pods(session, with_central=False)
    assert ids == {pod.id}
    assert (pod.state, pod.aggregate_id) == ("active", len("ag_Pod1"))
    assert world.aggregates == {"ag_Pod1": "az1"}


def test_two_central_regions_at_once_are_one(database: Database) -> None:
    world = World()
    membership = Membership(database, world, world, REFUSALS)

    def join(name: str) -> bool:
        try:
            membership.join(Wanted(name))
        except CentralRegionExists:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(join, ("RegionOne", "RegionTwo"))) == [False, True]


def test_pages_of_jobs_miss_and_repeat_none(
    database: Database, pods: list[Pod]
) -> None:
    with database.write() as session:
        made = [
            queue.enqueue(session, "network", f"n{number}", pods[number % 3].id, "p1")
            for number in range(7)
        ]
    seen: list[str] = []
    while True:
        with database.read() as session:
            marker = seen[-1] if seen else None
            page = listing.jobs(session, project_id="p1", limit=3, marker=marker)
        if not page:
            break
        seen += [job.id for job in page]
    assert sorted(seen) == sorted(made)
    with database.read() as session:
        assert len(listing.jobs(session, pod_id=pods[0].id)) == 3
