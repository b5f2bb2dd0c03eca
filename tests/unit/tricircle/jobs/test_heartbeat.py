# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors

import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from tricircle.db.engine import Database
from tricircle.db.models import Base, Job, JobState
from tricircle.jobs.errors import LeaseLost
from tricircle.jobs.heartbeat import Heartbeat
from tricircle.jobs.lease import Lease


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    made = Database(f"sqlite:///{tmp_path}/jobs.sqlite", lock_timeout=0)
    Base.metadata.create_all(made.engine)
    yield made
    made.dispose()


@pytest.fixture
def job(database: Database) -> Job:
    running = Job(kind="k", resource_id="r", project_id="p", state=JobState.RUNNING)
    running.fence = 3
    with database.write() as session:
        session.add(running)
    return running


def lease_end(database: Database, job: Job) -> datetime | None:
    with database.read() as session:
        return session.get_one(Job, job.id).lease_expires_at


def test_a_check_renews(database: Database, job: Job) -> None:
    lease = Heartbeat(database, 60, 600).hold(job, since=time.monotonic() - 100)
    assert not lease.still_mine()
    lease.check()
    assert lease.still_mine()
    assert lease_end(database, job)


def test_while_the_database_is_away_a_lease_is_good_until_it_ends(
    database: Database, job: Job
) -> None:
    heartbeat = Heartbeat(database, 60, 600)
    good = heartbeat.hold(job, since=time.monotonic())
    over = heartbeat.hold(job, since=time.monotonic() - 100)
    with database.write() as session:
        session.execute(select(1))  # begins, which keeps everybody else out
        good.check()
        with pytest.raises(LeaseLost, match="ran out"):
            over.check()
    over.check()


@pytest.mark.parametrize(
    "change", [{"fence": 4}, {"state": JobState.DONE}], ids=["taken over", "settled"]
)
def test_a_lease_that_is_not_ours_is_lost(
    database: Database, job: Job, change: dict[str, object]
) -> None:
    lease = Heartbeat(database, 60, 600).hold(job, since=time.monotonic())
    with database.write() as session:
        for key, value in change.items():
            setattr(session.get_one(Job, job.id), key, value)
    assert lease.still_mine()
    with pytest.raises(LeaseLost, match="taken over"):
        lease.check()
    assert not lease.still_mine()


def test_who_takes_a_job_over_is_told_of_unless_the_run_was_over(
    database: Database, job: Job, caplog: pytest.LogCaptureFixture
) -> None:
    heartbeat = Heartbeat(database, 60, 600)
    over, running = (heartbeat.hold(job, since=time.monotonic()) for _ in range(2))
    over.is_over = True
    with database.write() as session:
        session.get_one(Job, job.id).state = JobState.DONE
    with pytest.raises(LeaseLost):
        over.check()
    assert not caplog.records
    with pytest.raises(LeaseLost):
        running.check()
    assert caplog.messages == [f"Job {job.id} was taken over or deleted while it ran"]


def test_a_deleted_job_is_lost(database: Database, job: Job) -> None:
    lease = Heartbeat(database, 60, 600).hold(job, since=time.monotonic())
    with database.write() as session:
        session.delete(session.get_one(Job, job.id))
    with pytest.raises(LeaseLost):
        lease.check()


def test_all_can_be_told_to_end(database: Database, job: Job) -> None:
    heartbeat = Heartbeat(database, 60, 600)
    lease = heartbeat.hold(job, since=time.monotonic())
    heartbeat.lose_all("the worker stops")
    with pytest.raises(LeaseLost, match="the worker stops"):
        lease.check()


def test_a_run_over_its_limit_is_let_go(database: Database, job: Job) -> None:
    heartbeat = Heartbeat(database, 0.03, 0)
    lease = heartbeat.hold(job, since=time.monotonic())
    heartbeat.start()
    with pytest.raises(LeaseLost, match="took too long"):
        check_for(10, lease)
    heartbeat.stop()


def check_for(seconds: float, lease: Lease) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        lease.check()
