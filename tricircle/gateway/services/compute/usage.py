# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Usage: what a project's servers used, in all pods together."""

from typing import Any

from tricircle.gateway.spec import Action, Resource, Strategy

_TOTALS = (
    "total_hours",
    "total_local_gb_usage",
    "total_memory_mb_usage",
    "total_vcpus_usage",
)


def by_project(parts: list[Any]) -> Any:
    """One usage for each project, out of those that the pods have."""
    usages: dict[str, Any] = {}
    for _, document in parts:
        for usage in document["tenant_usages"]:
            _add(usages.setdefault(usage["tenant_id"], {}), usage)
    return {"tenant_usages": list(usages.values())}


def of_one(parts: list[Any]) -> Any:
    """A project's usage; ``{}`` if it used nothing anywhere, as Nova has it."""
    whole: dict[str, Any] = {}
    for _, document in parts:
        if document["tenant_usage"]:
            _add(whole, document["tenant_usage"])
    return {"tenant_usage": whole}


def _add(whole: dict[str, Any], usage: dict[str, Any]) -> None:
    if not whole:
        whole.update(usage)
        return
    for total in _TOTALS:
        whole[total] += usage[total]
    if "server_usages" in usage:
        whole["server_usages"] += usage["server_usages"]


USAGE = Resource(
    type="usage",
    actions=(
        Action(
            path="/os-simple-tenant-usage",
            methods=("GET",),
            strategy=Strategy.STITCHED,
            combine=by_project,
        ),
        Action(
            path="/os-simple-tenant-usage/{project}",
            methods=("GET",),
            strategy=Strategy.STITCHED,
            combine=of_one,
        ),
    ),
)
