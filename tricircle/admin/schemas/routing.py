# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""What a route looks like."""

from tricircle.admin.schemas import pod
from tricircle.admin.schemas.common import (
    CREATED_AT,
    PAGE,
    PROJECT_ID,
    UPDATED_AT,
    listed,
    nullable,
    number,
    one_of,
    resource_id,
    strict,
    text,
    uuid,
    whole,
)
from tricircle.db.models import RouteState

ID = uuid("The id of the route.")
_TYPE = text(
    "What it is: server, volume, network ...",
    "[a-z][a-z0-9_]*",
    "a small letter, and then small letters, digits and _",
    32,
)
_RESOURCE_ID = resource_id("The id that users see.")
_POD_RESOURCE_ID = resource_id("Its id in the pod.")
_STATE = one_of("pending: nobody knows yet whether it is there.", RouteState)

_ROUTE = whole(
    {
        "id": ID,
        "resource_type": _TYPE,
        "resource_id": nullable(_RESOURCE_ID),
        "pod_id": pod.ID,
        "pod_resource_id": nullable(_POD_RESOURCE_ID),
        "project_id": PROJECT_ID,
        "is_sole": {"type": "boolean", "description": "It can be in no other pod."},
        "state": _STATE,
        "request_id": {
            "type": ["string", "null"],
            "description": "The request that made it.",
        },
        "details": {"type": "object", "description": "What its kind has to remember."},
        "revision": nullable(number("The central revision that was last realised.")),
        "created_at": CREATED_AT,
        "updated_at": UPDATED_AT,
    }
)

ONE = whole({"routing": _ROUTE})
MANY = listed("routings", _ROUTE)

CREATE = whole(
    {
        "routing": strict(
            {
                "resource_type": _TYPE,
                "resource_id": _RESOURCE_ID,
                "pod_id": pod.ID,
                "pod_resource_id": {
                    **_POD_RESOURCE_ID,
                    "description": "Its id in the pod; resource_id if not given.",
                },
                "project_id": PROJECT_ID,
                "is_sole": {
                    "type": "boolean",
                    "description": "It can be in no other pod, as a server or volume.",
                },
            },
            "resource_type",
            "resource_id",
            "pod_id",
            "project_id",
        )
    }
)
UPDATE = whole(
    {
        "routing": {
            **strict(
                {
                    "pod_resource_id": _POD_RESOURCE_ID,
                    "project_id": PROJECT_ID,
                    "state": {
                        **_STATE,
                        "enum": [RouteState.ACTIVE, RouteState.DELETING],
                    },
                }
            ),
            "minProperties": 1,
        }
    }
)
LIST = {
    **PAGE,
    "resource_type": _TYPE,
    "resource_id": _RESOURCE_ID,
    "pod_resource_id": _POD_RESOURCE_ID,
    "pod_id": pod.ID,
    "project_id": PROJECT_ID,
    "state": _STATE,
}
