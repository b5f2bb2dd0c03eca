# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""The versions of the API, and its description."""

from http import HTTPStatus
from typing import Any

from tricircle.admin import openapi as document
from tricircle.admin.operation import Call, Reply, Services, operation
from tricircle.admin.schemas import root as schemas

#: The one version; it has no microversions yet.
V1 = "v1.0"


@operation(None, HTTPStatus.OK, schemas.VERSIONS)
def versions(services: Services, call: Call) -> Reply:
    """Show the versions of this API."""
    return Reply({"versions": [_version(call)]})


@operation(None, HTTPStatus.OK, schemas.VERSION)
def version(services: Services, call: Call) -> Reply:
    """Show this version of the API."""
    return Reply({"version": _version(call)})


@operation(None, HTTPStatus.OK, schemas.OPENAPI)
def openapi(services: Services, call: Call) -> Reply:
    """Show this document."""
    # Not above: the routes lead here.
    from tricircle.admin.routes import ROUTES

    return Reply(document.describe(ROUTES, call.url))


def _version(call: Call) -> dict[str, Any]:
    links = [
        {"rel": "self", "href": f"{call.url}/{V1}/"},
        {"rel": "describedby", "href": f"{call.url}/{V1}/openapi.json"},
    ]
    return {
        "id": V1,
        "status": "CURRENT",
        "min_version": "",
        "max_version": "",
        "links": links,
    }
