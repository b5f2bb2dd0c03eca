# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Who makes or deletes a pod is killed in the middle: a worker completes it, once."""

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from oslo_config import cfg
from sqlalchemy import select

from tests.functional.jobs.waiting import wait_for
from tests.functional.upkeep.victim import POD1
from tests.unit.tricircle.pods.world import World
from tricircle.conf import health, jobs
from tricircle.db.engine import Database
from tricircle.db.models import Job, Pod, PodState
from tricircle.jobs.kinds import Context
from tricircle.jobs.worker import Worker
from tricircle.pods import registry
from tricircle.pods.intent import Wanted, is_settled
from tricircle.pods.membership import Membership
from tricircle.upkeep.handler import Outside, PodHandler
from tricircle.upkeep.wish import KIND, look_after

SECONDS = 30


class Counting(World):
    """Counts what is done in the central Nova."""

    calls = 0

    def ensure(self, region: str, name: str, zone: str, pod_id: str) -> int:
        self.calls += 1
        return super().ensure(region, name, zone, pod_id)

    def remove(self, region: str, name: str, zone: str) -> None:
        self.calls += 1
        super().remove(region, name, zone)


@pytest.fixture
def kill(url: str) -> Callable[[str, str], None]:
    """Have a process do something up to somewhere, and kill it there."""

    def act(action: str, where: str) -> None:
        program = [sys.executable, "-m", "tests.functional.upkeep.victim"]
        victim = subprocess.Popen(
            [*program, url, action, where], stdout=subprocess.PIPE, text=True
        )
        assert victim.stdout
        try:
            assert victim.stdout.readline() == "here\n"
        finally:
            victim.kill()
            victim.communicate()

    return act


@contextmanager
def worker(database: Database, world: World) -> Iterator[None]:
    """A worker for pods, which leaves nobody time to complete things themselves."""
    conf = cfg.ConfigOpts()
    for section in (health, jobs):
        section.register_opts(conf)
    conf([])
    conf.set_override("poll_interval", 0.1, group=jobs.GROUP)
    handler = PodHandler(lambda _: Outside(world, world), in_hand=timedelta(0))
    made = Worker(Context(conf, database), {KIND: handler})
    thread = threading.Thread(target=made.run)
    thread.start()
    try:
        yield
    finally:
        made.stop()
        thread.join(SECONDS)
    assert not thread.is_alive()


def pods(database: Database) -> list[Pod]:
    with database.read() as session:
        return registry.pods(session, with_central=False)


@pytest.mark.parametrize("where", ["before", "after"])
def test_a_pod_half_made(
    database: Database, kill: Callable[[str, str], None], where: str
) -> None:
    world = Counting()
    Membership(database, world, world).join(Wanted("RegionOne"))
    kill("join", where)
    if where == "after":
        world.aggregates = {"ag_Pod1": "az1"}
    (half,) = pods(database)
    assert (half.state, half.aggregate_id) == (PodState.JOINING, None)
    with worker(database, world):
        wait_for(lambda: is_settled(pods(database)[0]), "the pod to be settled")
        wait_for(lambda: is_at_rest(database), "the job to be done")
    (pod,) = pods(database)
    assert POD1.describes(pod)
    assert (pod.id, pod.state, pod.health) == (half.id, PodState.ACTIVE, "up")
    assert world.aggregates == {"ag_Pod1": "az1"}
    assert world.calls == 1


@pytest.mark.parametrize("where", ["before", "after"])
def test_a_pod_half_deleted(
    database: Database, kill: Callable[[str, str], None], where: str
) -> None:
    world = Counting()
    membership = Membership(database, world, world, watch=look_after)
    membership.join(Wanted("RegionOne"))
    membership.join(POD1)
    kill("leave", where)
    if where == "after":
        world.aggregates = {}
    (half,) = pods(database)
    assert (half.state, half.aggregate_id) == (PodState.LEAVING, None)
    world.calls = 0
    with worker(database, world):
        wait_for(lambda: not pods(database), "the pod to be gone")
    assert world.aggregates == {}
    assert world.calls == 1


@pytest.mark.parametrize("where", ["before", "after"])
def test_a_zone_half_changed(
    database: Database, kill: Callable[[str, str], None], where: str
) -> None:
    world = Counting()
    membership = Membership(database, world, world)
    membership.join(Wanted("RegionOne"))
    membership.join(POD1)
    kill("change", where)
    (half,) = pods(database)
    assert (half.az_name, half.aggregate_id) == ("az2", None)
    with worker(database, world):
        wait_for(lambda: is_settled(pods(database)[0]), "the pod to be settled")
    (pod,) = pods(database)
    assert (pod.az_name, pod.state) == ("az2", PodState.ACTIVE)
    assert world.aggregates == {"ag_Pod1": "az2"}


def test_a_pod_whose_job_is_lost_is_found(database: Database) -> None:
    world = World()
    membership = Membership(database, world, world)
    membership.join(Wanted("RegionOne"))
    with database.write() as session:
        session.add(Pod(name="Pod1", az_name="az1", state=PodState.JOINING))
    with worker(database, world):
        wait_for(lambda: is_settled(pods(database)[0]), "the pod to be settled")
    assert world.aggregates == {"ag_Pod1": "az1"}


def is_at_rest(database: Database) -> bool:
    """Whether each job of a pod waits for its next look."""
    with database.read() as session:
        found = session.scalars(select(Job).where(Job.kind == KIND)).all()
    return all(job.reached for job in found)
