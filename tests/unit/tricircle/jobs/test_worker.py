# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest
from oslo_config import cfg
from sqlalchemy import update

from tests.functional.jobs.waiting import wait_for
from tricircle.conf import jobs as jobs_conf
from tricircle.db.engine import Database
from tricircle.db.models import Base, Job
from tricircle.jobs import queue
from tricircle.jobs.kinds import Context, Handler
from tricircle.jobs.lease import Lease
from tricircle.jobs.retry import Failed
from tricircle.jobs.worker import Worker, worker_name

SECONDS = 20
JUST_NOW = datetime(2026, 1, 1, tzinfo=UTC)


class Meeting(Handler):
    """Runs wait here until the test has seen them."""

    def __init__(self) -> None:
        self.come = threading.Semaphore(0)
        self.go = threading.Semaphore(0)

    def reconcile(self, job: Job, lease: Lease, context: Context) -> None:
        self.come.release()
        assert self.go.acquire(timeout=SECONDS)


class Heard:
    """Counts nudges."""

    def __init__(self) -> None:
        self.nudges = 0

    def nudge(self) -> None:
        self.nudges += 1


@pytest.fixture
def context(tmp_path: Path) -> Iterator[Context]:
    conf = cfg.ConfigOpts()
    jobs_conf.register_opts(conf)
    conf([])
    conf.set_override("threads", 3, group="jobs")
    conf.set_override("threads_per_pod", 2, group="jobs")
    conf.set_override("poll_interval", 3600, group="jobs")
    database = Database(f"sqlite:///{tmp_path}/jobs.sqlite")
    Base.metadata.create_all(database.engine)
    yield Context(conf, database)
    database.dispose()


def wish(context: Context, number: int) -> list[str]:
    with context.database.write() as session:
        names = [f"r{index}" for index in range(number)]
        return [queue.enqueue(session, "meet", name, None, "p1") for name in names]


@contextmanager
def running(worker: Worker) -> Iterator[threading.Thread]:
    thread = threading.Thread(target=worker.run, daemon=True)
    thread.start()
    yield thread
    worker.stop()
    thread.join(SECONDS)
    assert not thread.is_alive()


def test_jobs_run_at_once_up_to_the_number_of_threads(context: Context) -> None:
    meeting, heard = Meeting(), Heard()
    worker = Worker(context, {"meet": meeting}, heard)
    wish(context, 4)
    with running(worker):
        for _ in range(3):
            assert meeting.come.acquire(timeout=SECONDS)
        assert not meeting.come.acquire(blocking=False)
        meeting.go.release()
        assert meeting.come.acquire(timeout=SECONDS)
        for _ in range(3):
            meeting.go.release()


@pytest.mark.parametrize(("jobs", "nudges"), [(2, 0), (3, 1)])
def test_a_worker_that_is_full_passes_the_nudge_on(
    context: Context, jobs: int, nudges: int
) -> None:
    meeting, heard = Meeting(), Heard()
    worker = Worker(context, {"meet": meeting}, heard)
    wish(context, jobs)
    with running(worker):
        for _ in range(jobs):
            assert meeting.come.acquire(timeout=SECONDS)
        worker.stop()
        for _ in range(jobs):
            meeting.go.release()
    assert heard.nudges == nudges


def test_a_worker_that_is_woken_looks(context: Context) -> None:
    meeting = Meeting()
    worker = Worker(context, {"meet": meeting})
    wish(context, 1)
    with running(worker):
        for _ in range(3):
            assert meeting.come.acquire(timeout=SECONDS)
            wish(context, 1)  # while the job runs
            meeting.go.release()
        assert meeting.come.acquire(timeout=SECONDS)
        meeting.go.release()


class Odd(Handler):
    """Ends as the resource's name says."""

    def reconcile(self, job: Job, lease: Lease, context: Context) -> None:
        if job.resource_id == "r1":
            raise KeyError("not foreseen")
        if job.resource_id == "r2":
            raise Failed("no")
        if job.resource_id == "r3":
            take_away(context, job)


def take_away(context: Context, job: Job) -> None:
    """Do what a worker does that takes the job over."""
    with context.database.write() as session:
        session.get_one(Job, job.id).fence += 1


def count(worker: Worker, metric: str, *labels: str) -> float:
    found = [
        sample
        for collector in worker.tally.collectors
        for family in collector.collect()
        for sample in family.samples
        if sample.name == metric and tuple(sample.labels.values()) == labels
    ]
    return found[0].value if found else 0.0


def test_runs_are_counted_by_what_they_came_to(context: Context) -> None:
    context.conf.set_override("first_backoff", 0.01, group="jobs")
    context.conf.set_override("poll_interval", 0.1, group="jobs")
    worker = Worker(context, {"meet": Odd()})
    runs = "tricircle_job_runs_total"
    wish(context, 4)
    with context.database.write() as session:
        session.execute(
            update(Job)
            .where(Job.resource_id == "r0")
            .values(state="running", lease_owner="w0", lease_expires_at=JUST_NOW)
        )
    with running(worker):
        for outcome in ("unforeseen", "failed", "lost"):
            wait_for(partial(count, worker, runs, "meet", outcome), outcome)
        assert count(worker, "tricircle_job_take_overs_total", "meet") == 1
        wait_for(lambda: count(worker, runs, "meet", "done"), "done")
    assert count(worker, "tricircle_job_run_seconds_count", "meet") >= 4


def test_a_workers_name_fits_and_is_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("socket.gethostname", lambda: "h" * 64)
    one, other = worker_name(), worker_name()
    assert one != other
    assert len(one) == len(other) == 64
