# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""How many jobs there are, of all workers: what an operator wants to be warned of."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from tricircle.db.models import Job, JobState
from tricircle.jobs import clock
from tricircle.jobs.claim import abandoned, due


class Stage(StrEnum):
    """How far a job is that is not done; each is in one."""

    WAITING = "waiting"
    """Its time is to come."""

    DUE = "due"
    """Its time has come, and no worker has begun."""

    RUNNING = "running"
    """A worker holds its lease."""

    ABANDONED = "abandoned"
    """Its worker fell silent, and nobody has noticed yet."""

    RETRYING = "retrying"
    """It failed, and its next try is to come."""

    FAILED = "failed"
    """It failed for good: only a new wish, or an operator, can help."""


@dataclass(frozen=True)
class Group:
    """The jobs of a kind that are equally far.

    ``overdue`` is for how long the first of them has been due; zero if none is.
    """

    kind: str
    stage: Stage
    jobs: int
    overdue: timedelta


def count(session: Session) -> Sequence[Group]:
    """Count all jobs that are not done."""
    now = clock.now(session)
    stage = case(
        (abandoned(now), Stage.ABANDONED.value),
        (Job.state == JobState.RUNNING, Stage.RUNNING.value),
        (due(now), Stage.DUE.value),
        (Job.state == JobState.NEW, Stage.WAITING.value),
        (Job.reached < Job.wanted, Stage.RETRYING.value),
        else_=Stage.FAILED.value,
    ).label("stage")
    rows = session.execute(
        select(Job.kind, stage, func.count(), func.min(Job.next_run_at))
        .where(Job.state.in_([one for one in JobState if one is not JobState.DONE]))
        .group_by(Job.kind, stage)
        .order_by(Job.kind, stage)
    )
    return [
        Group(
            kind,
            Stage(found),
            jobs,
            max(now - first, timedelta()) if found == Stage.DUE else timedelta(),
        )
        for kind, found, jobs, first in rows
    ]
