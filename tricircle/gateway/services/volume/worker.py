# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Clean-up after services that died: in one pod, if a host is named, else in all."""

from typing import Any

from tricircle.gateway.places import holds
from tricircle.gateway.spec import Action, Resource, Strategy

_CLEANED = holds(number="id", host="host cluster_name")


def cleaned(parts: list[Any]) -> Any:
    """What all pods clean, and what they cannot."""
    keys = ("cleaning", "unavailable")
    return {key: [one for _, part in parts for one in part[key]] for key in keys}


WORKER = Resource(
    type="worker",
    bodies={"cleaning": _CLEANED, "unavailable": _CLEANED},
    actions=(
        Action(
            path="/workers/cleanup",
            methods=("POST",),
            strategy=Strategy.SUMMED,
            request=holds(host="host cluster_name", number="service_id"),
            combine=cleaned,
        ),
    ),
)
