# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""One owner at a time."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from tests.unit.tricircle.network.world import PROJECT, World
from tricircle.db.models import Job, JobState, Route, RouteState
from tricircle.db.models.base import now
from tricircle.jobs.queue import enqueue
from tricircle.network.errors import Busy, HoldLost
from tricircle.network.intents import Hold, Intents
from tricircle.network.reach import Patience

NETWORK = ("network", "n1")
PATIENT = Patience(5, 60, 0, 0.01)


def intents(world: World, wait: float = 5, takeover: float = 5) -> Intents:
    return Intents(world.database, Patience(wait, takeover, 0, 0.01))


def acquire(world: World, wait: float = 5, takeover: float = 5) -> Route | Hold:
    made = intents(world, wait, takeover)
    return made.acquire("network", "n1", world.pod.id, PROJECT)


def held(world: World, wait: float = 5, takeover: float = 5) -> Hold:
    got = acquire(world, wait, takeover)
    assert isinstance(got, Hold)
    return got


def test_the_first_owns_and_the_others_get_what_it_made(world: World) -> None:
    owner = held(world)
    assert owner.is_fresh
    with ThreadPoolExecutor(5) as pool:
        others = [pool.submit(acquire, world) for _ in range(5)]
        time.sleep(0.05)
        owner.complete("there", 7)
        found = [other.result() for other in others]
    for route in found:
        assert isinstance(route, Route)
        assert (route.pod_resource_id, route.revision) == ("there", 7)


def test_who_waits_too_long_is_told(world: World) -> None:
    held(world)
    with pytest.raises(Busy, match="network n1"):
        held(world, wait=0.1)


def test_one_of_many_takes_over_from_the_dead(world: World) -> None:
    dead = held(world)
    with ThreadPoolExecutor(5) as pool:
        others = [pool.submit(acquire, world, 5, 0.2) for _ in range(5)]
        while not any(other.done() for other in others):
            time.sleep(0.01)
        (heir,) = (other.result() for other in others if other.done())
        assert isinstance(heir, Hold)
        assert not heir.is_fresh
        heir.complete("there", None)
        assert sum(isinstance(other.result(), Hold) for other in others) == 1
    for act in (dead.note, lambda: dead.complete("other", None)):
        with pytest.raises(HoldLost):
            act()


def test_who_shows_signs_of_life_is_not_dead(world: World) -> None:
    owner = held(world)
    ended = threading.Event()

    def live() -> None:
        while not ended.wait(0.05):
            owner.note()

    alive = threading.Thread(target=live)
    alive.start()
    try:
        with pytest.raises(Busy):
            held(world, wait=1, takeover=0.5)
    finally:
        ended.set()
        alive.join()


@pytest.mark.parametrize(
    ("state", "seconds", "fence"),
    [
        (JobState.RUNNING, -1, 1),
        (JobState.RUNNING, 60, 2),
        (JobState.DONE, None, 1),
    ],
    ids=["its lease is over", "another run has it", "it ended"],
)
def test_a_job_without_its_lease_is_dead_at_once(
    world: World, state: JobState, seconds: float | None, fence: int
) -> None:
    job = running(world)
    dead = Intents(world.database, PATIENT, job).acquire(*NETWORK, world.pod.id, "p")
    assert isinstance(dead, Hold)
    with pytest.raises(Busy):
        held(world, wait=0.3)
    with world.database.write() as session:
        row = session.get_one(Job, job.id)
        row.state, row.fence = state, fence
        row.lease_expires_at = (
            None if seconds is None else now() + timedelta(seconds=seconds)
        )
    heir = held(world, wait=2)
    assert not heir.is_fresh
    with pytest.raises(HoldLost):
        dead.note()


def running(world: World) -> Job:
    """A job that a worker has just begun."""
    with world.database.write() as session:
        job_id = enqueue(session, *NETWORK, world.pod.id, PROJECT)
        job = session.get_one(Job, job_id)
        job.state, job.fence, job.lease_owner = JobState.RUNNING, 1, "worker"
        job.lease_expires_at = now() + timedelta(seconds=60)
    return job


def test_who_lets_go_is_followed_at_once(world: World) -> None:
    first = held(world)
    first.note(half="made")
    first.let_go(lambda session: None)
    second = held(world, wait=0.1)
    assert (second.is_fresh, second.route.details) == (False, {"half": "made"})
    # The first one's forgetting does not harm the second.
    first.forget()
    second.complete("there", None)


def test_a_removal_waits_for_a_making(world: World) -> None:
    owner = held(world)
    made = intents(world, wait=0.1)
    with pytest.raises(Busy):
        made.retire("network", "n1", world.pod.id)
    owner.complete("there", None)
    removal = made.retire("network", "n1", world.pod.id)
    assert removal
    assert removal.route.state == RouteState.DELETING
    removal.forget()
    assert made.retire("network", "n1", world.pod.id) is None


def test_who_was_slower_by_a_moment_does_not_take_over(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    held(world).let_go(lambda session: None)
    real = world.database.retried

    def overtaken(work: Callable[[Session], object]) -> object:
        monkeypatch.setattr(world.database, "retried", real)
        assert not held(world).is_fresh
        return real(work)

    monkeypatch.setattr(world.database, "retried", overtaken)
    with pytest.raises(Busy):
        held(world, wait=0.1)
