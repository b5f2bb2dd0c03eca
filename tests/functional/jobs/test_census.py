# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Jobs are counted by how far they are, on each kind of database."""

from datetime import timedelta
from typing import Any

from tricircle.db.engine import Database
from tricircle.db.models import Job, JobState
from tricircle.jobs import census, clock
from tricircle.jobs.census import Stage

HOUR = timedelta(hours=1)


def job(database: Database, name: str, state: JobState, **columns: Any) -> None:
    made = Job(kind="port", resource_id=name, project_id="p1", state=state)
    with database.write() as session:
        now = clock.now(session)
        for key, value in columns.items():
            later = isinstance(value, timedelta)
            setattr(made, key, now + value if later else value)
        session.add(made)


def test_each_job_that_is_not_done_is_in_one_stage(database: Database) -> None:
    job(database, "1", JobState.NEW, next_run_at=HOUR)
    job(database, "2", JobState.NEW, next_run_at=-HOUR)
    job(database, "3", JobState.FAILED, next_run_at=-3 * HOUR)
    job(database, "4", JobState.RUNNING, next_run_at=-HOUR, lease_expires_at=HOUR)
    job(database, "5", JobState.RUNNING, next_run_at=-HOUR, lease_expires_at=-HOUR)
    job(database, "6", JobState.FAILED, next_run_at=HOUR)
    job(database, "7", JobState.FAILED, next_run_at=-HOUR, reached=1)
    job(database, "8", JobState.DONE, next_run_at=-HOUR, reached=1)
    with database.read() as session:
        groups = census.count(session)
    assert {(group.kind, group.stage): group.jobs for group in groups} == {
        ("port", Stage.WAITING): 1,
        ("port", Stage.DUE): 2,
        ("port", Stage.RUNNING): 1,
        ("port", Stage.ABANDONED): 1,
        ("port", Stage.RETRYING): 1,
        ("port", Stage.FAILED): 1,
    }
    overdue = {group.stage: group.overdue for group in groups if group.overdue}
    assert [*overdue] == [Stage.DUE]
    assert 3 * HOUR <= overdue[Stage.DUE] < 4 * HOUR


def test_no_jobs_are_no_groups(database: Database) -> None:
    with database.read() as session:
        assert census.count(session) == []
