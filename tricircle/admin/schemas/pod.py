# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""What a pod looks like."""

from tricircle.admin.schemas.common import (
    CREATED_AT,
    PAGE,
    UPDATED_AT,
    label,
    listed,
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
from tricircle.db.models import PodState

ID = uuid("The id of the pod.")
# Its aggregate is ag_NAME, and that may have 255 characters in Nova.
_NAME = name("The region in Keystone.", 252)
_AZ_NAME = "The availability zone that users choose"
_POD_AZ_NAME = optional_zone(
    "The pod's own name for the zone; empty if the pod is to choose."
)
_DC_NAME = label("The data centre, for people.")
_STATE = one_of("cordoned: it takes nothing new.", PodState)

_POD = whole(
    {
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
        "created_at": CREATED_AT,
        "updated_at": UPDATED_AT,
    }
)

ONE = whole({"pod": _POD})
MANY = listed("pods", _POD)

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
                    "state": _STATE,
                }
            ),
            "minProperties": 1,
        }
    }
)
LIST = {**PAGE, "pod_name": _NAME, "az_name": zone(f"{_AZ_NAME}."), "state": _STATE}
