# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""A job: a lasting wish that a pod agrees with the central region on a resource."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, UniqueConstraint
from sqlalchemy.engine.default import DefaultExecutionContext
from sqlalchemy.orm import Mapped, mapped_column

from tricircle.db.models.base import (
    MYSQL_TABLE,
    Base,
    Instant,
    identity,
    new_id,
    now,
    one_of,
    text,
)


class JobState(StrEnum):
    """What a job is doing."""

    NEW = "new"
    """Something is wanted, and no worker has begun since.

    Or the last run found that others are at it: ``next_run_at`` says when it is looked
    at again. Nothing is wrong.
    """

    RUNNING = "running"
    """A worker holds the job's lease."""

    DONE = "done"
    """All that was wanted is reached."""

    FAILED = "failed"
    """The last run did not bring about what is wanted; ``last_error`` says why.

    The job is tried again by itself: ``next_run_at`` says when. But if ``reached`` is
    ``wanted``, the answer was no, and there is no next run before a new wish: a change
    of the resource, an audit that finds it wanting, or an operator's redo.
    """


def _scope(context: DefaultExecutionContext) -> str:
    row = context.get_current_parameters()  # type: ignore[no-untyped-call]
    return row.get("pod_id") or ""


class Job(Base):
    """What must agree, and how far that is.

    Level-triggered: each wish increments ``wanted``; a run that began when it was
    *w* sets ``reached`` to *w*; a job is due while ``reached < wanted``. ``scope``
    is the pod's id, or empty for a job of all pods: a NULL in the unique key would
    allow doubles. It follows from ``pod_id`` by itself. ``attempts`` counts the
    runs since the last success. ``fence`` increments with each lease, and every write
    of a worker is conditional on it. A pod's jobs vanish with the pod.
    """

    __tablename__ = "jobs"
    __table_args__ = (
        UniqueConstraint("kind", "resource_id", "scope"),
        CheckConstraint("scope = COALESCE(pod_id, '')", name="scope"),
        CheckConstraint("reached <= wanted", name="reached"),
        one_of("state", JobState),
        Index(None, "state", "next_run_at"),
        Index(None, "pod_id"),
        MYSQL_TABLE,
    )

    id: Mapped[str] = mapped_column(identity(), primary_key=True, default=new_id)
    kind: Mapped[str] = mapped_column(text(32))
    resource_id: Mapped[str] = mapped_column(text(64))
    pod_id: Mapped[str | None] = mapped_column(
        identity(), ForeignKey("pods.id", ondelete="CASCADE")
    )
    scope: Mapped[str] = mapped_column(text(36), default=_scope)
    project_id: Mapped[str] = mapped_column(text(64))
    state: Mapped[str] = mapped_column(text(16), default=JobState.NEW)
    wanted: Mapped[int] = mapped_column(default=1)
    reached: Mapped[int] = mapped_column(default=0)
    attempts: Mapped[int] = mapped_column(default=0)
    next_run_at: Mapped[datetime] = mapped_column(Instant, default=now)
    lease_owner: Mapped[str | None] = mapped_column(text(64))
    lease_expires_at: Mapped[datetime | None]
    fence: Mapped[int] = mapped_column(default=0)
    last_error: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(Instant, default=now)
    updated_at: Mapped[datetime] = mapped_column(Instant, default=now, onupdate=now)
