# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""What a binding looks like."""

from tricircle.admin.schemas import pod
from tricircle.admin.schemas.common import (
    CREATED_AT,
    PAGE,
    PROJECT_ID,
    listed,
    strict,
    uuid,
    whole,
    zone,
)

ID = uuid("The id of the binding.")
_AZ_NAME = zone("The availability zone of the pod.")
_TENANT_ID = {**PROJECT_ID, "description": "The project, by its old name."}

_BINDING = whole(
    {
        "id": ID,
        "project_id": PROJECT_ID,
        "tenant_id": _TENANT_ID,
        "az_name": _AZ_NAME,
        "pod_id": pod.ID,
        "is_current": {
            "type": "boolean",
            "description": "It takes the project's new resources.",
        },
        "created_at": CREATED_AT,
    }
)

ONE = whole({"pod_binding": _BINDING})
MANY = listed("pod_bindings", _BINDING)

_FIELDS = {"project_id": PROJECT_ID, "tenant_id": _TENANT_ID, "pod_id": pod.ID}
CREATE = whole(
    {
        "pod_binding": {
            **strict(_FIELDS, "pod_id"),
            "oneOf": [{"required": ["project_id"]}, {"required": ["tenant_id"]}],
            "description": "Either project_id or its old name, tenant_id.",
        }
    }
)
LIST = {**PAGE, "project_id": PROJECT_ID, "az_name": _AZ_NAME, "pod_id": pod.ID}
