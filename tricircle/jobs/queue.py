# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Wishes: what should be made to agree.

A wish is one statement inside the caller's transaction, so it is there exactly if
what caused it is. Nudge (``nudge``) after the commit: before it, nobody sees the job.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, cast

from sqlalchemy import ColumnElement, CursorResult, Executable, case, select, update
from sqlalchemy.dialects import mysql, postgresql, sqlite
from sqlalchemy.orm import Session

from tricircle.db.models import Job, JobState
from tricircle.jobs import clock
from tricircle.jobs.clock import DatabaseNow, DatabaseSoon
from tricircle.jobs.errors import JobNotFound
from tricircle.jobs.states import WAITING

#: What makes two wishes the same job.
_KEY = (Job.kind, Job.resource_id, Job.scope)


def enqueue(
    session: Session, kind: str, resource_id: str, pod_id: str | None, project_id: str
) -> str:
    """Wish that ``resource_id`` agrees in a pod; return the job's id.

    ``pod_id`` is None for a job that is about no pod, or all. Wishes for the same
    thing are one job, which keeps its id for ever. A job that waits for its next
    try is due at once; one that runs will run again after that.

    Keep the transaction short: until it ends, other wishes for the same thing wait.
    sqlalchemy's IntegrityError if there is no such pod.
    """
    values: dict[str, Any] = {
        "kind": kind,
        "resource_id": resource_id,
        "pod_id": pod_id,
        "scope": pod_id or "",
        "project_id": project_id,
        "next_run_at": DatabaseNow(),
        "created_at": DatabaseNow(),
        "updated_at": DatabaseNow(),
    }
    wish, tells = _upsert(session, values)
    if tells:
        return str(session.execute(wish).scalar_one())
    session.execute(wish)
    same = [column == values[column.key] for column in _KEY]
    return session.scalars(select(Job.id).where(*same)).one()


def redo(session: Session, job_id: str) -> Job:
    """Wish again for what job ``job_id`` is about, and return it; JobNotFound."""
    again = update(Job).where(Job.id == job_id).values(_wish_again())
    session.execute(again, execution_options={"synchronize_session": False})
    job = session.get(Job, job_id, populate_existing=True)
    if job is None:
        raise JobNotFound(job_id)
    return job


def soon(
    session: Session,
    kind: str,
    resource_id: str,
    pod_id: str | None,
    project_id: str,
    seconds: float,
) -> None:
    """Wish as ``enqueue`` does, for a job that comes again by itself.

    If it waits for its time it comes in ``seconds`` at the latest, so that many
    wishes make one run.
    """
    late = clock.now(session) + timedelta(seconds=seconds)
    same = (
        Job.kind == kind,
        Job.resource_id == resource_id,
        Job.scope == (pod_id or ""),
    )
    waits = (Job.state.in_(WAITING), Job.reached < Job.wanted)
    sooner = case((Job.next_run_at < late, Job.next_run_at), else_=late)
    found = session.execute(
        update(Job).where(*same, *waits).values(next_run_at=sooner),
        execution_options={"synchronize_session": False},
    )
    if not cast("CursorResult[Any]", found).rowcount:
        enqueue(session, kind, resource_id, pod_id, project_id)


def hasten(session: Session, pod_id: str | None, seconds: float) -> None:
    """Have what waits for a pod tried within ``seconds``: it is there again.

    None is for all pods, and none. Each job gets a time of its own, so that the pod is
    not stormed.
    """
    waits = [Job.state.in_(WAITING), Job.reached < Job.wanted]
    if pod_id is not None:
        waits.append(Job.pod_id == pod_id)
    late = clock.now(session) + timedelta(seconds=seconds)
    session.execute(
        update(Job)
        .where(*waits, Job.next_run_at > late)
        .values(next_run_at=DatabaseSoon(seconds), updated_at=DatabaseNow()),
        execution_options={"synchronize_session": False},
    )


def failing(session: Session, kind: str, project_id: str) -> list[str]:
    """Return the ids of a project's jobs of a kind that failed and are tried again."""
    chosen = select(Job.id).where(
        Job.kind == kind,
        Job.project_id == project_id,
        Job.state == JobState.FAILED,
        Job.reached < Job.wanted,
    )
    return [*session.scalars(chosen)]


def is_at_work(session: Session, kind: str, project_id: str, pod_id: str) -> bool:
    """Whether a worker is at a project's job of a kind in a pod."""
    chosen = select(Job.id).where(
        Job.kind == kind,
        Job.project_id == project_id,
        Job.pod_id == pod_id,
        Job.state == JobState.RUNNING,
    )
    return session.scalars(chosen.limit(1)).first() is not None


def _wish_again() -> dict[str, ColumnElement[Any]]:
    running = Job.state == JobState.RUNNING
    # MySQL assigns from left to right and sees what it has assigned: running stays
    # running and nothing becomes it, so here that is all the same.
    return {
        "wanted": Job.wanted + 1,
        "next_run_at": case((running, Job.next_run_at), else_=DatabaseNow()),
        "state": case((running, Job.state), else_=JobState.NEW.value),
        "updated_at": DatabaseNow(),
    }


def _upsert(session: Session, values: Mapping[str, Any]) -> tuple[Executable, bool]:
    """Return the statement, and whether it returns the job's id; MySQL's can't."""
    dialect = session.get_bind().dialect
    if dialect.name in {"mysql", "mariadb"}:
        there = mysql.insert(Job).values(values)
        there = there.on_duplicate_key_update(_wish_again())
        if not dialect.insert_returning:
            return there, False
        return there.returning(Job.id), True
    make = postgresql.insert if dialect.name == "postgresql" else sqlite.insert
    wish = make(Job).values(values)
    wish = wish.on_conflict_do_update(index_elements=_KEY, set_=_wish_again())
    return wish.returning(Job.id), True
