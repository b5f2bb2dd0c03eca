# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Servers in a pod that does not answer, as Nova shows those in a cell that is down."""

from datetime import UTC
from typing import Any

from tricircle.gateway.ports import Record
from tricircle.gateway.spec import FALSE, Outage

_UNKNOWN = "UNKNOWN"
_NO_STATE = 0  # of power

_BRIEF = frozenset({"id", "status", "links"})


def _known(record: Record, root: str) -> dict[str, Any]:
    """All that can be said of a server; Nova, too, leaves out what it cannot know."""
    address, _, _ = root.rpartition("/")
    created = record.created_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {
        "id": record.id,
        "status": _UNKNOWN,
        "tenant_id": record.project_id,
        "created": created,
        "links": [
            {"rel": "self", "href": f"{root}/servers/{record.id}"},
            {"rel": "bookmark", "href": f"{address}/servers/{record.id}"},
        ],
        "OS-EXT-AZ:availability_zone": record.pod.zone,
        "OS-EXT-STS:power_state": _NO_STATE,
        "user_id": _UNKNOWN,
    }


SERVERS_OUT_OF_REACH = Outage(
    since=(2, 69),
    known=_known,
    brief=_BRIEF,
    detail=_BRIEF | {"tenant_id", "created"},
    # What is deleted has no route: the client that asks for no such servers gets none.
    harmless={"all_tenants": None, "deleted": FALSE},
    everybodys="all_tenants",
)
