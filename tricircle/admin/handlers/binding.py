# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Bindings: the pods that projects use."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from sqlalchemy.orm import Session

from tricircle.admin import paging
from tricircle.admin.errors import BadRequest
from tricircle.admin.handlers.shown import moment
from tricircle.admin.operation import Call, Reply, Services, operation
from tricircle.admin.schemas import binding as schemas
from tricircle.db.models import Binding
from tricircle.pods import binding
from tricircle.pods.errors import PodNotFound
from tricircle.policies import binding as policies


@operation(policies.LIST, HTTPStatus.OK, schemas.MANY, query=schemas.LIST)
def index(services: Services, call: Call) -> Reply:
    """List bindings, oldest first."""
    return paging.reply(services, call, "pod_bindings", _fetch, _show)


@operation(policies.SHOW, HTTPStatus.OK, schemas.ONE)
def show(services: Services, call: Call) -> Reply:
    """Show a binding."""
    binding_id = call.ids["binding_id"]
    found = services.database.retried_read(
        lambda session: binding.get(session, binding_id)
    )
    return Reply({"pod_binding": _show(found)})


@operation(
    policies.CREATE,
    HTTPStatus.CREATED,
    schemas.ONE,
    body=schemas.CREATE,
    refusals=(HTTPStatus.CONFLICT,),
)
def create(services: Services, call: Call) -> Reply:
    """Bind a project to a pod, which takes its new resources in that zone.

    If the project is bound to another pod there, it keeps what it has in that one.
    """
    given = call.body["pod_binding"]
    project_id = given.get("project_id") or given["tenant_id"]

    def write(session: Session) -> Binding:
        try:
            return binding.create(session, project_id, given["pod_id"])
        except PodNotFound as error:
            raise BadRequest(f"{error}; list the pods to find its id") from error

    made = services.database.retried(write)
    location = f"{call.url}{call.path}/{made.id}"
    return Reply({"pod_binding": _show(made)}, location=location)


@operation(policies.DELETE, HTTPStatus.NO_CONTENT, refusals=(HTTPStatus.CONFLICT,))
def delete(services: Services, call: Call) -> Reply:
    """Delete a binding to a pod where the project has nothing."""
    binding_id = call.ids["binding_id"]
    services.database.retried(lambda session: binding.delete(session, binding_id))
    return Reply()


def _fetch(session: Session, query: Mapping[str, Any]) -> list[Binding]:
    return binding.bindings(session, **query)


def _show(found: Binding) -> dict[str, Any]:
    return {
        "id": found.id,
        "project_id": found.project_id,
        "tenant_id": found.project_id,
        "az_name": found.az_name,
        "pod_id": found.pod_id,
        "is_current": bool(found.is_current),
        "created_at": moment(found.created_at),
    }
