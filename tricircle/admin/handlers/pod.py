# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Pods, and the central region."""

from collections.abc import Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Any

from sqlalchemy.orm import Session

from tricircle.admin import paging
from tricircle.admin.handlers.shown import moment
from tricircle.admin.operation import Call, Reply, Services, operation
from tricircle.admin.schemas import pod as schemas
from tricircle.db.models import Pod
from tricircle.pods import registry
from tricircle.pods.intent import Wanted
from tricircle.policies import pod as policies

_OUTSIDE = (
    HTTPStatus.CONFLICT,
    HTTPStatus.BAD_GATEWAY,
    HTTPStatus.SERVICE_UNAVAILABLE,
)


@operation(policies.LIST, HTTPStatus.OK, schemas.MANY, query=schemas.LIST)
def index(services: Services, call: Call) -> Reply:
    """List pods, by their names."""
    return paging.reply(services, call, "pods", _fetch, _show)


@operation(policies.SHOW, HTTPStatus.OK, schemas.ONE)
def show(services: Services, call: Call) -> Reply:
    """Show a pod, and how much lives there."""
    pod_id = call.ids["pod_id"]
    found = services.database.retried_read(
        lambda session: registry.get(session, pod_id)
    )
    return Reply({"pod": _show_one(services, found)})


@operation(
    policies.CREATE,
    HTTPStatus.CREATED,
    schemas.ONE,
    body=schemas.CREATE,
    refusals=_OUTSIDE,
)
def create(services: Services, call: Call) -> Reply:
    """Make a region of Keystone a pod; without az_name, the central region.

    Its services are probed, and its zone is shown by an aggregate in the central
    Nova. A call that was interrupted may be repeated.
    """
    given = call.body["pod"]
    wanted = Wanted(
        name=given["pod_name"],
        az_name=given.get("az_name", ""),
        pod_az_name=given.get("pod_az_name", ""),
        dc_name=given.get("dc_name", ""),
    )
    made = services.membership.join(wanted)
    return Reply(
        {"pod": _show_one(services, made)}, location=f"{call.url}{call.path}/{made.id}"
    )


@operation(
    policies.UPDATE, HTTPStatus.OK, schemas.ONE, body=schemas.UPDATE, refusals=_OUTSIDE
)
def update(services: Services, call: Call) -> Reply:
    """Change the fields of a pod that are given; cordon it.

    To drain a pod, cordon it, and have its users delete or move what its usage shows.
    """
    changed = services.membership.change(call.ids["pod_id"], call.body["pod"])
    return Reply({"pod": _show_one(services, changed)})


@operation(policies.DELETE, HTTPStatus.NO_CONTENT, refusals=_OUTSIDE)
def delete(services: Services, call: Call) -> Reply:
    """Forget a pod that has neither routes nor bindings.

    It takes nothing new from then on, and its aggregate goes. A call that was
    interrupted may be repeated.
    """
    services.membership.leave(call.ids["pod_id"])
    return Reply()


@operation(policies.PROBE, HTTPStatus.OK, schemas.ONE, refusals=_OUTSIDE)
def probe(services: Services, call: Call) -> Reply:
    """Find out anew what a pod can; do so after an upgrade of the pod."""
    probed = services.membership.probe(call.ids["pod_id"])
    return Reply({"pod": _show_one(services, probed)})


def _fetch(session: Session, query: Mapping[str, Any]) -> list[Pod]:
    filters = dict(query)
    filters["name"] = filters.pop("pod_name", None)
    return registry.pods(session, **filters)


def _show_one(services: Services, pod: Pod) -> dict[str, Any]:
    def count(session: Session) -> dict[str, Any]:
        _, bindings = registry.usage(session, pod.id)
        return {"bindings": bindings, "routes": registry.contents(session, pod.id)}

    return {**_show(pod), "usage": services.database.retried_read(count)}


def _show_service(facts: Mapping[str, Any]) -> dict[str, Any]:
    return {**facts, "since": moment(datetime.fromisoformat(facts["since"]))}


def _show(pod: Pod) -> dict[str, Any]:
    return {
        "pod_id": pod.id,
        "pod_name": pod.name,
        "az_name": pod.az_name or "",
        "pod_az_name": pod.pod_az_name,
        "dc_name": pod.dc_name,
        "is_central": bool(pod.is_central),
        "state": pod.state,
        "aggregate_id": pod.aggregate_id,
        "capabilities": pod.capabilities,
        "health": pod.health,
        "health_since": moment(pod.health_since),
        "checked_at": moment(pod.checked_at) if pod.checked_at else None,
        "services": {
            type_: _show_service(facts) for type_, facts in pod.services.items()
        },
        "created_at": moment(pod.created_at),
        "updated_at": moment(pod.updated_at),
    }
