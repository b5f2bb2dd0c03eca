# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from tricircle.db.engine import Database
from tricircle.db.models import Job, JobState, Pod, new_id, now
from tricircle.jobs import listing, queue
from tricircle.jobs.errors import JobNotFound


def wish(database: Database, resource_id: str = "r1", pod: Pod | None = None) -> str:
    pod_id = pod.id if pod else None
    return database.retried(
        lambda session: queue.enqueue(session, "steps", resource_id, pod_id, "p1")
    )


def row(database: Database, job_id: str) -> Job:
    return database.retried_read(lambda session: listing.get(session, job_id))


def put(database: Database, job_id: str, **values: object) -> None:
    with database.write() as session:
        session.execute(update(Job).where(Job.id == job_id).values(**values))


def test_a_wish_is_a_new_job_that_is_due(database: Database, pods: list[Pod]) -> None:
    job = row(database, wish(database, "net-1", pods[0]))
    assert (job.kind, job.resource_id, job.project_id) == ("steps", "net-1", "p1")
    assert (job.pod_id, job.scope) == (pods[0].id, pods[0].id)
    assert (job.state, job.wanted, job.reached, job.fence) == ("new", 1, 0, 0)
    assert job.next_run_at == job.created_at


def test_a_stored_time_is_equal_to_itself(database: Database) -> None:
    job = row(database, wish(database))
    with database.read() as session:
        same = select(Job.id).where(Job.created_at == job.created_at)
        assert session.scalars(same).all() == [job.id]


def test_wishes_for_the_same_are_one_job(database: Database, pods: list[Pod]) -> None:
    ids = {wish(database, "net-1", pods[0]) for _ in range(3)}
    assert len(ids) == 1
    assert row(database, ids.pop()).wanted == 3


def test_what_waits_for_a_pod_goes_on_within_a_while(
    database: Database, pods: list[Pod]
) -> None:
    """Each at a time of its own; what does not wait, or for others, stays."""
    later = {"next_run_at": now() + timedelta(hours=1)}
    failed = {**later, "state": JobState.FAILED}
    waiting = [wish(database, f"r{number}", pods[0]) for number in range(20)]
    for number, job_id in enumerate(waiting):
        put(database, job_id, **(later if number % 2 else failed))
    others = [
        wish(database, "r1", pods[1]),
        wish(database, "r1"),
        wish(database, "refused", pods[0]),
        wish(database, "running", pods[0]),
    ]
    for job_id in others:
        put(database, job_id, **failed)
    put(database, others[2], reached=1)
    put(database, others[3], state=JobState.RUNNING)
    soon = wish(database, "soon", pods[0])
    before = row(database, soon).next_run_at
    stay = {job_id: row(database, job_id).next_run_at for job_id in (*others, soon)}
    database.retried(lambda session: queue.hasten(session, pods[0].id, 60))
    times = {row(database, job_id).next_run_at for job_id in waiting}
    assert len(times) > 1
    assert min(times) >= before - timedelta(seconds=1)
    assert max(times) < before + timedelta(minutes=30)
    assert max(times) - min(times) <= timedelta(seconds=60)
    assert {job_id: row(database, job_id).next_run_at for job_id in stay} == stay
    assert {row(database, job_id).wanted for job_id in waiting} == {1}


def test_what_failed_of_a_kind_is_found(database: Database) -> None:
    """But not what is others', what was refused, and what is at work."""
    failed, refused, running = (wish(database, f"r{n}") for n in range(3))
    for job_id in (failed, refused, running):
        put(database, job_id, state=JobState.FAILED)
    put(database, refused, reached=1)
    put(database, running, state=JobState.RUNNING)
    job = row(database, failed)

    def found(kind: str, project_id: str) -> list[str]:
        return database.retried_read(
            lambda session: queue.failing(session, kind, project_id)
        )

    assert found(job.kind, job.project_id) == [failed]
    assert found("another", job.project_id) == found(job.kind, "another") == []


def test_who_is_at_work_is_known(database: Database, pods: list[Pod]) -> None:
    """In the pod, for the project, and on what waits for its turn nobody is."""
    job_id = wish(database, "r1", pods[0])
    job = row(database, job_id)

    def at_work(project_id: str = job.project_id, pod: Pod = pods[0]) -> bool:
        return database.retried_read(
            lambda session: queue.is_at_work(session, job.kind, project_id, pod.id)
        )

    assert not at_work()
    put(database, job_id, state=JobState.RUNNING)
    assert at_work()
    assert not at_work("another")
    assert not at_work(pod=pods[1])


def test_what_comes_again_comes_sooner(database: Database, pods: list[Pod]) -> None:
    """Once for many wishes; unless it runs, for then it has not seen the cause."""

    def soon() -> None:
        database.retried(
            lambda session: queue.soon(session, "steps", "r1", pods[0].id, "p1", 60)
        )

    soon()
    job_id = wish(database, "r1", pods[0])
    made = row(database, job_id)
    assert made.wanted == 2
    put(database, job_id, next_run_at=made.next_run_at + timedelta(hours=1))
    soon()
    sooner = row(database, job_id)
    assert sooner.wanted == 2
    early = sooner.next_run_at - made.next_run_at
    assert timedelta(seconds=59) < early < timedelta(minutes=30)
    put(database, job_id, next_run_at=made.next_run_at)
    soon()
    assert row(database, job_id).next_run_at == made.next_run_at
    for values in ({"state": JobState.RUNNING}, {"state": JobState.DONE, "reached": 3}):
        put(database, job_id, **values)
        soon()
    assert row(database, job_id).wanted == 4


def test_each_pod_and_none_has_its_own_job(database: Database, pods: list[Pod]) -> None:
    ids = [wish(database, "net-1", pod) for pod in (*pods, None, None)]
    assert len(set(ids)) == 4
    assert ids[-1] == ids[-2]


def test_fifty_wishes_at_once_are_one_job(database: Database) -> None:
    barrier = Barrier(50)

    def one(_: int) -> str:
        barrier.wait(60)
        return wish(database)

    with ThreadPoolExecutor(50) as pool:
        ids = set(pool.map(one, range(50)))
    assert len(ids) == 1
    assert row(database, ids.pop()).wanted == 50
    with database.read() as session:
        assert len(session.scalars(select(Job)).all()) == 1


def test_a_wish_is_gone_with_its_transaction(database: Database) -> None:
    ids = []

    def fail(session: Session) -> None:
        ids.append(queue.enqueue(session, "steps", "r1", None, "p1"))
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        database.retried(fail)
    with pytest.raises(JobNotFound):
        row(database, ids[0])


def test_a_wish_for_an_unknown_pod_is_refused(database: Database) -> None:
    with pytest.raises(IntegrityError), database.write() as session:
        queue.enqueue(session, "steps", "r1", new_id(), "p1")


@pytest.mark.parametrize("state", ["done", "failed"])
def test_a_wish_makes_a_job_at_rest_due(database: Database, state: str) -> None:
    job_id = wish(database)
    later = row(database, job_id).next_run_at.replace(year=2999)
    put(database, job_id, state=state, reached=1, next_run_at=later, attempts=7)
    assert wish(database) == job_id
    job = row(database, job_id)
    assert (job.state, job.wanted, job.reached) == ("new", 2, 1)
    assert job.next_run_at < later
    assert job.attempts == 7


def test_a_wish_leaves_a_run_alone(database: Database) -> None:
    job_id = wish(database)
    put(database, job_id, state="running", lease_owner="w", fence=3)
    before = row(database, job_id)
    wish(database)
    job = row(database, job_id)
    assert (job.state, job.lease_owner, job.fence) == ("running", "w", 3)
    assert (job.wanted, job.next_run_at) == (2, before.next_run_at)


def test_a_redo_is_a_wish_by_id(database: Database) -> None:
    job_id = wish(database)
    put(database, job_id, state="failed", reached=1)
    with database.write() as session:
        job = queue.redo(session, job_id)
    assert (job.id, job.state, job.wanted) == (job_id, "new", 2)
    with pytest.raises(JobNotFound, match="list the jobs"), database.write() as session:
        queue.redo(session, new_id())


def test_jobs_are_listed_in_pages(database: Database, pods: list[Pod]) -> None:
    ids = [wish(database, f"r{number}", pods[number % 2]) for number in range(6)]
    put(database, ids[2], state="failed")
    with database.read() as session:
        first = listing.jobs(session, limit=4)
        rest = listing.jobs(session, marker=first[-1].id)
        assert [job.id for job in first + rest] == ids
        of_pod = listing.jobs(session, pod_id=pods[1].id, project_id="p1", kind="steps")
        assert [job.id for job in of_pod] == ids[1::2]
        failed = listing.jobs(session, state=JobState.FAILED)
        assert [job.id for job in failed] == [ids[2]]
        assert [job.id for job in listing.jobs(session, resource_id="r5")] == [ids[5]]
