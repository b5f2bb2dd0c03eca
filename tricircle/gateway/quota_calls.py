# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""The calls that quotas need, all as the operator: pure."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import orjson

from tricircle.gateway import merge
from tricircle.gateway.errors import BadAnswer
from tricircle.gateway.message import JSON, Answer, Call, Lost, Patience
from tricircle.gateway.plan import OPERATOR
from tricircle.gateway.ports import Pod
from tricircle.quotas.demand import UNLIMITED
from tricircle.quotas.listing import COMPUTE, VOLUME, Counted

_ROOTS = {COMPUTE: "/v2.1", VOLUME: f"/v3/{OPERATOR}"}

_LIFTED = {
    COMPUTE: ("instances", "cores", "ram", "key_pairs", "server_groups"),
    VOLUME: ("volumes", "snapshots", "gigabytes", "backups", "backup_gigabytes"),
}
"""What the central region's limits, or its own resources, hold for all pods."""

_COPIED = {
    COMPUTE: ("metadata_items", "server_group_members"),
    VOLUME: ("per_volume_gigabytes",),
}
"""What each pod holds by itself, for one resource at a time."""


def central_limits(central: Pod, service: str, project_id: str) -> Call:
    """Read a project's limits."""
    return Call(
        region=central.name,
        service=service,
        method="GET",
        path=f"{_ROOTS[service]}/os-quota-sets/{project_id}",
        patience=Patience.READ,
        as_admin=True,
    )


def lift(pod: Pod, service: str, project_id: str, limits: Mapping[str, Any]) -> Call:
    """Have a pod hold no limit of the project's that is held over all pods."""
    quota: dict[str, Any] = dict.fromkeys(_LIFTED[service], UNLIMITED)
    quota |= {kind: limits[kind] for kind in _COPIED[service] if kind in limits}
    if service == COMPUTE:
        quota["force"] = True
    return Call(
        region=pod.name,
        service=service,
        method="PUT",
        path=f"{_ROOTS[service]}/os-quota-sets/{project_id}",
        headers=[JSON],
        body=orjson.dumps({"quota_set": quota}),
        patience=Patience.WRITE,
        as_admin=True,
    )


def page(pod: Pod, service: str, counted: Counted, query: Mapping[str, str]) -> Call:
    """Read a page of what a pod has of a project's."""
    version = f"{service} {counted.version}".encode()
    return Call(
        region=pod.name,
        service=service,
        method="GET",
        path=f"{_ROOTS[service]}{counted.path}",
        query=urlencode(query),
        headers=[(b"openstack-api-version", version)],
        patience=Patience.FANOUT,
        as_admin=True,
    )


def items_of(answer: Answer | Lost, counted: Counted) -> list[dict[str, Any]] | None:
    """The items on a page; None if it is none."""
    if isinstance(answer, Lost) or not answer.ok:
        return None
    try:
        items = merge.load(answer).get(counted.key)
    except (BadAnswer, AttributeError):
        return None
    return items if isinstance(items, list) else None
