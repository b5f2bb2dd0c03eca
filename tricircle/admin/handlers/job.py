# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Jobs: what shall agree, and how far that is."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from sqlalchemy.orm import Session

from tricircle.admin import paging
from tricircle.admin.handlers.shown import moment
from tricircle.admin.operation import Call, Reply, Services, operation
from tricircle.admin.schemas import job as schemas
from tricircle.db.models import Job
from tricircle.jobs import listing, queue
from tricircle.policies import job as policies


@operation(policies.LIST, HTTPStatus.OK, schemas.MANY, query=schemas.LIST)
def index(services: Services, call: Call) -> Reply:
    """List jobs, oldest first."""
    return paging.reply(services, call, "jobs", _fetch, _show)


@operation(policies.SHOW, HTTPStatus.OK, schemas.ONE)
def show(services: Services, call: Call) -> Reply:
    """Show a job."""
    job_id = call.ids["job_id"]
    found = services.database.retried_read(lambda session: listing.get(session, job_id))
    return Reply({"job": _show(found)})


@operation(policies.REDO, HTTPStatus.ACCEPTED, schemas.ONE)
def redo(services: Services, call: Call) -> Reply:
    """Have a job done again, at once; one that runs will run again after that."""
    job_id = call.ids["job_id"]
    again = services.database.retried(lambda session: queue.redo(session, job_id))
    services.nudger.nudge()
    return Reply({"job": _show(again)})


def _fetch(session: Session, query: Mapping[str, Any]) -> list[Job]:
    return listing.jobs(session, **query)


def _show(job: Job) -> dict[str, Any]:
    expires = job.lease_expires_at
    return {
        "id": job.id,
        "kind": job.kind,
        "resource_id": job.resource_id,
        "pod_id": job.pod_id,
        "project_id": job.project_id,
        "state": job.state,
        "wanted": job.wanted,
        "reached": job.reached,
        "attempts": job.attempts,
        "next_run_at": moment(job.next_run_at),
        "lease_owner": job.lease_owner,
        "lease_expires_at": None if expires is None else moment(expires),
        "last_error": job.last_error,
        "created_at": moment(job.created_at),
        "updated_at": moment(job.updated_at),
    }
