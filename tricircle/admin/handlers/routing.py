# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Routes: where resources are. To write here is to repair."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from sqlalchemy.orm import Session

from tricircle.admin import paging
from tricircle.admin.errors import BadRequest
from tricircle.admin.handlers.shown import moment
from tricircle.admin.operation import Call, Reply, Services, operation
from tricircle.admin.schemas import routing as schemas
from tricircle.db.models import Route
from tricircle.pods import registry, routing
from tricircle.pods.errors import PodNotFound, RouteExists
from tricircle.policies import routing as policies


@operation(policies.LIST, HTTPStatus.OK, schemas.MANY, query=schemas.LIST)
def index(services: Services, call: Call) -> Reply:
    """List routes, oldest first."""
    return paging.reply(services, call, "routings", _fetch, _show)


@operation(policies.SHOW, HTTPStatus.OK, schemas.ONE)
def show(services: Services, call: Call) -> Reply:
    """Show a route."""
    route_id = call.ids["routing_id"]
    found = services.database.retried_read(
        lambda session: routing.get(session, route_id)
    )
    return Reply({"routing": _show(found)})


@operation(
    policies.CREATE,
    HTTPStatus.CREATED,
    schemas.ONE,
    body=schemas.CREATE,
    refusals=(HTTPStatus.CONFLICT,),
)
def create(services: Services, call: Call) -> Reply:
    """Write down that a resource is in a pod."""
    given = call.body["routing"]

    def write(session: Session) -> Route:
        where = (given["resource_type"], given["resource_id"], given["pod_id"])
        try:
            pod = registry.get(session, given["pod_id"])
        except PodNotFound as error:
            raise BadRequest(f"{error}; list the pods to find its id") from error
        if routing.find(session, *where):
            raise RouteExists(
                f"{where[0]} {where[1]} has a route to pod {pod.name} already;"
                " change that one"
            )
        return routing.learn(session, **given)

    made = services.database.retried(write)
    location = f"{call.url}{call.path}/{made.id}"
    return Reply({"routing": _show(made)}, location=location)


@operation(
    policies.UPDATE,
    HTTPStatus.OK,
    schemas.ONE,
    body=schemas.UPDATE,
    refusals=(HTTPStatus.CONFLICT,),
)
def update(services: Services, call: Call) -> Reply:
    """Repair the fields of a route that are given."""
    route_id, changes = call.ids["routing_id"], call.body["routing"]

    def write(session: Session) -> Route:
        if routing.get(session, route_id).resource_id is None and "state" in changes:
            raise BadRequest(
                "nobody knows the id of what this pending route is about, so that it"
                " can't get another state; delete it, or wait for its job"
            )
        return routing.update(session, route_id, **changes)

    return Reply({"routing": _show(services.database.retried(write))})


@operation(policies.DELETE, HTTPStatus.NO_CONTENT)
def delete(services: Services, call: Call) -> Reply:
    """Delete a route; the resource in the pod stays as it is."""
    route_id = call.ids["routing_id"]
    services.database.retried(lambda session: routing.remove(session, route_id))
    return Reply()


def _fetch(session: Session, query: Mapping[str, Any]) -> list[Route]:
    return routing.routes(session, **query)


def _show(route: Route) -> dict[str, Any]:
    return {
        "id": route.id,
        "resource_type": route.resource_type,
        "resource_id": route.resource_id,
        "pod_id": route.pod_id,
        "pod_resource_id": route.pod_resource_id,
        "project_id": route.project_id,
        "is_sole": bool(route.is_sole),
        "state": route.state,
        "request_id": route.request_id,
        "details": route.details,
        "revision": route.revision,
        "created_at": moment(route.created_at),
        "updated_at": moment(route.updated_at),
    }
