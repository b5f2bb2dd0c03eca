# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest
from sqlalchemy import select, update

from tests.functional.jobs.handlers import Steps, Watched
from tricircle.db.engine import Database
from tricircle.db.models import Job, Pod
from tricircle.jobs import audit, clock, listing, queue
from tricircle.jobs.claim import Renewal, Room, claim, renew, settle
from tricircle.jobs.kinds import Handler
from tricircle.jobs.retry import Again, BackOff, Failed, Interrupted, Outcome, Retry

ROOM = Room(8, 8, {})
BACK_OFF = BackOff(60, 60, chance=lambda: 0)
Wish = Callable[..., str]


@pytest.fixture
def wish(database: Database) -> Wish:
    def enqueue(resource_id: str = "r1", pod: Pod | None = None) -> str:
        pod_id = pod.id if pod else None
        with database.write() as session:
            return queue.enqueue(session, "steps", resource_id, pod_id, "p1")

    return enqueue


def take(
    database: Database, owner: str = "w1", seconds: float = 60, room: Room = ROOM
) -> list[Job]:
    return [*claim(database, owner, ["steps"], seconds, room, BACK_OFF).taken]


def end(database: Database, job: Job, outcome: Outcome | None = None) -> bool:
    with database.write() as session:
        return settle(session, job, outcome, BACK_OFF)


def row(database: Database, job: Job) -> Job:
    with database.read() as session:
        return listing.get(session, job.id)


def end_lease(database: Database, job: Job) -> None:
    """What the passing of time does."""
    with database.write() as session:
        over = clock.now(session) - timedelta(microseconds=1)
        leased = update(Job).where(Job.id == job.id)
        session.execute(leased.values(lease_expires_at=over))


def end_wait(database: Database, job: Job) -> None:
    """The same for the wait after a failure."""
    with database.write() as session:
        waiting = update(Job).where(Job.id == job.id)
        session.execute(waiting.values(next_run_at=clock.now(session)))


def take_over(database: Database, job: Job) -> Job:
    """The job in the hands of w2, after its first worker fell silent."""
    end_lease(database, job)
    assert take(database, "w2") == []
    end_wait(database, job)
    [taken] = take(database, "w2")
    return taken


def test_the_clock_is_the_database_s_and_in_utc(database: Database) -> None:
    before = datetime.now(UTC) - timedelta(milliseconds=2)
    with database.read() as session:
        now = clock.now(session)
    assert before <= now <= datetime.now(UTC) + timedelta(milliseconds=2)


def test_a_claimed_job_is_leased(database: Database, wish: Wish) -> None:
    wish()
    [job] = take(database, "w1", seconds=60)
    assert (job.state, job.lease_owner, job.fence) == ("running", "w1", 1)
    stored = row(database, job)
    assert stored.lease_expires_at == job.lease_expires_at
    assert job.lease_expires_at is not None
    assert job.lease_expires_at - job.next_run_at > timedelta(seconds=60)
    assert take(database, "w2") == []


def test_the_longest_due_are_claimed_first(database: Database, wish: Wish) -> None:
    ids = [wish(f"r{number}") for number in range(5)]
    jobs = take(database, room=Room(2, 8, {}))
    assert {job.id for job in jobs} == set(ids[:2])


def test_a_full_pod_does_not_hide_the_others(
    database: Database, wish: Wish, pods: list[Pod]
) -> None:
    for number in range(40):
        wish(f"r{number}", pods[0])
    other = wish("late", pods[1])
    [job] = take(database, room=Room(2, 1, {pods[0].id: 1}))
    assert job.id == other


def test_unknown_kinds_are_left_to_others(database: Database, wish: Wish) -> None:
    wish()
    assert not claim(database, "w1", ["other"], 60, ROOM, BACK_OFF).taken


def test_many_workers_claim_each_job_once(database: Database, wish: Wish) -> None:
    ids = {wish(f"r{number}") for number in range(60)}
    barrier = Barrier(6)

    def work(owner: int) -> list[str]:
        barrier.wait(60)
        taken: list[str] = []
        while len(claimed) < 60:
            jobs = take(database, f"w{owner}", room=Room(3, 8, {}))
            claimed.update(job.id for job in jobs)
            taken += [job.id for job in jobs]
        return taken

    claimed: set[str] = set()
    with ThreadPoolExecutor(6) as pool:
        taken = [job_id for part in pool.map(work, range(6)) for job_id in part]
    assert sorted(taken) == sorted(ids)


def test_a_job_that_someone_holds_is_passed_over(
    database: Database, wish: Wish, backend: str
) -> None:
    if backend == "sqlite":
        return  # who writes is alone there
    held, free = wish("held"), wish("free")
    with database.write() as session:
        session.execute(select(Job).where(Job.id == held).with_for_update())
        assert [job.id for job in take(database)] == [free]


def test_a_dead_workers_job_is_taken_over(database: Database, wish: Wish) -> None:
    wish()
    [job] = take(database, "w1")
    again = take_over(database, job)
    assert (again.id, again.fence, again.lease_owner) == (job.id, 2, "w2")
    assert again.attempts == 1
    assert again.last_error == "worker w1 fell silent while it ran this job"


def test_a_job_that_kills_its_workers_backs_off(database: Database, wish: Wish) -> None:
    wish()
    [job] = take(database)
    for attempt in (1, 2):
        end_lease(database, job)
        assert take(database) == []
        found = row(database, job)
        assert (found.state, found.attempts) == ("failed", attempt)
        assert found.next_run_at - found.updated_at == timedelta(seconds=60)
        assert found.lease_owner is None
        end_wait(database, job)
        [job] = take(database)


def test_who_lost_a_job_cannot_write(database: Database, wish: Wish) -> None:
    wish()
    [slow] = take(database, "w1")
    job = take_over(database, slow)
    assert not end(database, slow, Failed("too late"))
    assert row(database, job).state == "running"
    assert end(database, job)
    assert not end(database, slow, Failed("too late"))
    assert row(database, job).state == "done"
    assert row(database, job).last_error is None


def test_an_end_counts_once(database: Database, wish: Wish) -> None:
    wish()
    [job] = take(database)
    assert end(database, job, Retry("no"))
    assert not end(database, job, Retry("no"))
    assert row(database, job).attempts == 1


@pytest.mark.parametrize(
    ("outcome", "expected", "wait"),
    [
        (None, ("done", 1, 1, 0, None), 0),
        (Again(90), ("new", 2, 1, 0, None), 90),
        (Retry("no port"), ("failed", 1, 0, 1, "no port"), 60),
        (Retry("no port", after=5), ("failed", 1, 0, 1, "no port"), 5),
        (Failed("no VLAN"), ("failed", 1, 1, 1, "no VLAN"), 0),
        (Interrupted(), ("new", 1, 0, 0, None), 0),
    ],
    ids=repr,
)
def test_the_end_of_a_run_is_recorded(
    database: Database,
    wish: Wish,
    outcome: Outcome | None,
    expected: tuple[str, int, int, int, str | None],
    wait: float,
) -> None:
    wish()
    [job] = take(database)
    assert end(database, job, outcome)
    at = row(database, job)
    assert expected == (at.state, at.wanted, at.reached, at.attempts, at.last_error)
    assert at.next_run_at - at.updated_at == timedelta(seconds=wait)
    assert (at.lease_owner, at.lease_expires_at) == (None, None)
    due = isinstance(outcome, Interrupted)
    assert [job.id for job in take(database)] == ([job.id] if due else [])


@pytest.mark.parametrize("outcome", [None, Again(90), Retry("no"), Failed("no")])
def test_a_wish_during_a_run_is_not_lost(
    database: Database, wish: Wish, outcome: Outcome | None
) -> None:
    job_id = wish()
    [job] = take(database)
    wish()
    assert end(database, job, outcome)
    [again] = take(database)
    assert (again.id, again.wanted) == (job_id, 2)
    assert end(database, again)
    assert row(database, again).state == "done"


def test_leases_are_renewed_or_lost(database: Database, wish: Wish) -> None:
    ids = [wish(f"r{number}") for number in range(4)]
    jobs = {job.id: job for job in take(database, "w1", seconds=10)}
    kept, taken, ended, deleted = (jobs[job_id] for job_id in ids)
    take_over(database, taken)
    end(database, ended)
    with database.write() as session:
        session.delete(listing.get(session, deleted.id))
    with database.write() as session:
        renewal = renew(session, {job.id: job.fence for job in jobs.values()}, 60)
    assert renewal == Renewal({kept.id}, {taken.id, ended.id, deleted.id})
    stored = row(database, kept).lease_expires_at
    assert stored
    assert kept.lease_expires_at
    assert stored - kept.lease_expires_at > timedelta(seconds=49)


def test_a_held_row_does_not_keep_the_others_from_renewal(
    database: Database, wish: Wish, backend: str
) -> None:
    if backend == "sqlite":
        return  # who writes is alone there
    wish("held"), wish("free")
    jobs = {job.resource_id: job for job in take(database)}
    with database.write() as session:
        queue.enqueue(session, "steps", "held", None, "p1")
        with database.write() as beat:
            fences = {job.id: job.fence for job in jobs.values()}
            assert renew(beat, fences, 60) == Renewal({jobs["free"].id}, set())


def test_a_lapsed_lease_that_nobody_took_can_be_renewed(
    database: Database, wish: Wish
) -> None:
    wish()
    [job] = take(database)
    end_lease(database, job)
    with database.write() as session:
        assert renew(session, {job.id: job.fence}, 60) == Renewal({job.id}, set())
    assert take(database, "w2") == []


def test_a_pod_takes_its_jobs_along(
    database: Database, wish: Wish, pods: list[Pod]
) -> None:
    wish("r1", pods[0])
    [job] = take(database)
    with database.write() as session:
        session.delete(session.get_one(Pod, pods[0].id))
    assert not end(database, job)


def test_each_audited_kind_has_one_audit(database: Database) -> None:
    handlers: dict[str, Handler] = {"steps": Steps(), "watched": Watched()}
    for _ in range(2):
        with database.write() as session:
            audit.ensure(session, handlers)
    with database.read() as session:
        [job] = listing.jobs(session, kind=audit.KIND)
    assert (job.resource_id, job.wanted) == ("watched", 1)
