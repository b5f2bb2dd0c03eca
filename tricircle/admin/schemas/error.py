# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""How every error is answered."""

from tricircle.admin.schemas.common import whole

_ERROR = whole(
    {
        "status": {"type": "integer", "description": "The HTTP status."},
        "title": {"type": "string", "description": "What the status means."},
        "code": {
            "type": "string",
            "description": "What is wrong, for programs; it never changes.",
        },
        "detail": {"type": "string", "description": "What is wrong, and what to do."},
        "request_id": {"type": "string", "description": "Where to look in the logs."},
    }
)

ERRORS = whole({"errors": {"type": "array", "minItems": 1, "items": _ERROR}})
