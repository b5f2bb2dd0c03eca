# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""What a job looks like."""

from tricircle.admin.schemas import pod
from tricircle.admin.schemas.common import (
    CREATED_AT,
    PAGE,
    PROJECT_ID,
    UPDATED_AT,
    listed,
    moment,
    nullable,
    number,
    one_of,
    resource_id,
    text,
    uuid,
    whole,
)
from tricircle.db.models import JobState

ID = uuid("The id of the job, which stays the same for ever.")
_KIND = text(
    "What it makes agree: network, port, pod ...",
    "[A-Za-z0-9_.-]+",
    "letters, digits and . _ -",
    32,
)
_RESOURCE_ID = resource_id("The resource, by the id that users see.")
_STATE = one_of(
    "failed: it is tried again at next_run_at; or, if reached equals wanted, not before"
    " something changes, or it is redone.",
    JobState,
)

_JOB = whole(
    {
        "id": ID,
        "kind": _KIND,
        "resource_id": {"type": "string", "description": "What shall agree."},
        "pod_id": nullable({**pod.ID, "description": "Null: about no pod, or all."}),
        "project_id": {"type": "string", "description": "Whose it is."},
        "state": _STATE,
        "wanted": number("How often it was wished for."),
        "reached": number("What of that is done: all, if it equals wanted."),
        "attempts": number("Runs since the last success."),
        "next_run_at": moment("Not before that, if it is not done."),
        "lease_owner": {
            "type": ["string", "null"],
            "description": "The worker that runs it.",
        },
        "lease_expires_at": nullable(moment("When another worker may take over.")),
        "last_error": {
            "type": ["string", "null"],
            "description": "Why it failed last, or what it waits for.",
        },
        "created_at": CREATED_AT,
        "updated_at": UPDATED_AT,
    }
)

ONE = whole({"job": _JOB})
MANY = listed("jobs", _JOB)
LIST = {
    **PAGE,
    "kind": _KIND,
    "state": _STATE,
    "resource_id": _RESOURCE_ID,
    "pod_id": pod.ID,
    "project_id": PROJECT_ID,
}
