# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""The versions of the API."""

from tricircle.admin.schemas.common import whole

_VERSION = whole(
    {
        "id": {"type": "string", "description": "The version."},
        "status": {"type": "string", "description": "CURRENT: use it."},
        "min_version": {"type": "string", "description": "Empty: no microversions."},
        "max_version": {"type": "string", "description": "Empty: no microversions."},
        "links": {
            "type": "array",
            "items": whole({"rel": {"type": "string"}, "href": {"type": "string"}}),
        },
    }
)

VERSIONS = whole({"versions": {"type": "array", "items": _VERSION}})
VERSION = whole({"version": _VERSION})
HEALTH = whole(
    {
        "detailed": {"type": "boolean"},
        "reasons": {"type": "array", "items": {"type": "string"}},
    }
)
OPENAPI = {"type": "object", "description": "This document."}
