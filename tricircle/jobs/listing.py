# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Looking at jobs: one, or pages of them."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from tricircle.db.models import Job, JobState
from tricircle.jobs.errors import JobNotFound
from tricircle.pods.paging import page


def get(session: Session, job_id: str) -> Job:
    """Return a job by its id. JobNotFound."""
    job = session.get(Job, job_id)
    if job is None:
        raise JobNotFound(job_id)
    return job


def jobs(
    session: Session,
    *,
    kind: str | None = None,
    state: JobState | None = None,
    resource_id: str | None = None,
    pod_id: str | None = None,
    project_id: str | None = None,
    limit: int | None = None,
    marker: str | None = None,
) -> list[Job]:
    """Return jobs, oldest first, those that match every given argument.

    ``limit`` and ``marker`` (a job's id) make pages. MarkerNotFound of ``pods``.
    """
    wanted = {
        Job.kind: kind,
        Job.state: state,
        Job.resource_id: resource_id,
        Job.pod_id: pod_id,
        Job.project_id: project_id,
    }
    statement = select(Job)
    for column, value in wanted.items():
        if value is not None:
            statement = statement.where(column == value)
    return page(session, statement, [Job.created_at, Job.id], limit, marker)
