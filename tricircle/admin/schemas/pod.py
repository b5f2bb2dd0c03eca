# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""What a pod looks like."""

from tricircle.admin.schemas.common import (
    CREATED_AT,
    PAGE,
    label,
    listed,
    moment,
    name,
    nullable,
    number,
    one_of,
    optional_zone,
    strict,
    uuid,
    whole,
    zone,
)
from tricircle.db.models import Health, PodState

ID = uuid("The id of the pod.")
# Its aggregate is ag_NAME, and that may have 255 characters in Nova.
_NAME = name("The region in Keystone.", 252)
_AZ_NAME = "The availability zone that users choose"
_POD_AZ_NAME = optional_zone(
    "The pod's own name for the zone; empty if the pod is to choose."
)
_DC_NAME = label("The data centre, for people.")
_STATE = one_of(
    "active: it takes new resources. cordoned: it keeps what it has and takes nothing"
    " new. joining, leaving: it is being made or deleted, which completes by itself.",
    PodState,
)
_HEALTH = one_of(
    "up: each of its services answers; degraded: some do not; down: none does.", Health
)
_SERVICE = whole(
    {
        "health": {**_HEALTH, "description": "up or down.", "enum": ["up", "down"]},
        "since": moment("Since when."),
        "doubts": number(
            "Looks in a row that said otherwise; some more, and it changes."
        ),
        "error": {
            "type": ["string", "null"],
            "description": "What the last look met; null: it was answered.",
        },
    }
)

_FIELDS = {
    "pod_id": ID,
    "pod_name": _NAME,
    "az_name": optional_zone(f"{_AZ_NAME}; empty: it is the central region."),
    "pod_az_name": _POD_AZ_NAME,
    "dc_name": _DC_NAME,
    "is_central": {"type": "boolean", "description": "It is the central region."},
    "state": _STATE,
    "aggregate_id": nullable(
        number("The aggregate in the central Nova; null: not made yet.")
    ),
    "capabilities": {
        "type": "object",
        "description": "What probing found, by service.",
        "additionalProperties": {"type": "object"},
    },
    "health": _HEALTH,
    "health_since": moment("Since when it is so."),
    "checked_at": nullable(moment("When it was last looked at; null: not yet.")),
    "services": {
        "type": "object",
        "description": "The health of each service, by its type in the catalogue.",
        "additionalProperties": _SERVICE,
    },
    "created_at": CREATED_AT,
    "updated_at": moment("When it was last changed; a look is no change."),
}
_USAGE = whole(
    {
        "bindings": number("Projects that use it; to drain it, delete these last."),
        "routes": {
            "type": "object",
            "description": "What lives there, by type: how many. List the routings with"
            " its pod_id to see them.",
            "additionalProperties": number("How many."),
        },
    }
)

ONE = whole({"pod": whole({**_FIELDS, "usage": _USAGE})})
MANY = listed("pods", whole(_FIELDS))

CREATE = whole(
    {
        "pod": strict(
            {
                "pod_name": _NAME,
                "az_name": optional_zone(
                    f"{_AZ_NAME}; none: it is the central region."
                ),
                "pod_az_name": _POD_AZ_NAME,
                "dc_name": _DC_NAME,
            },
            "pod_name",
        )
    }
)
UPDATE = whole(
    {
        "pod": {
            **strict(
                {
                    "az_name": zone(f"{_AZ_NAME}."),
                    "pod_az_name": _POD_AZ_NAME,
                    "dc_name": _DC_NAME,
                    "state": {
                        **_STATE,
                        "enum": [PodState.ACTIVE, PodState.CORDONED],
                    },
                }
            ),
            "minProperties": 1,
        }
    }
)
LIST = {
    **PAGE,
    "pod_name": _NAME,
    "az_name": zone(f"{_AZ_NAME}."),
    "state": _STATE,
    "health": _HEALTH,
}
