# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Who changed what: one line of JSON for each call that may change something.

It has the keys of the gateway's lines, and the logger ``tricircle.audit``, too.
"""

import json
import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

LOG = logging.getLogger("tricircle.audit")

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_ACTIONS = {"POST": "create", "PUT": "update", "DELETE": "delete"}


def tell(
    environ: Mapping[str, Any],
    status: HTTPStatus,
    request_id: str,
    *,
    location: str = "",
    authenticated: bool,
) -> None:
    """Write the line of a call; ``location`` is where its answer leads to.

    Whose it is its headers say, if it was ``authenticated``.
    """
    if environ["REQUEST_METHOD"] not in _SAFE:
        told = line(environ, status, request_id, location, authenticated=authenticated)
        LOG.info("%s", json.dumps(told))


def line(
    environ: Mapping[str, Any],
    status: HTTPStatus,
    request_id: str,
    location: str,
    *,
    authenticated: bool,
) -> dict[str, Any]:
    """What there is to tell."""
    path, method = environ.get("PATH_INFO", ""), environ["REQUEST_METHOD"]
    noun, id_, verb = _parts(path)
    if not id_ and location:
        id_ = _parts("/v1.0/" + location.partition("/v1.0/")[2])[1]
    who = environ if authenticated else {}
    return {
        "eventTime": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "action": f"update/{verb}" if verb else _ACTIONS.get(method, "update"),
        "outcome": _outcome(status),
        "reasonCode": status.value,
        "initiator": {
            "id": who.get("HTTP_X_USER_ID"),
            "project_id": who.get("HTTP_X_PROJECT_ID"),
            "address": environ.get("REMOTE_ADDR"),
        },
        "target": {"typeURI": f"tricircle/{noun or 'unknown'}", "id": id_ or None},
        "requestPath": path,
        "request_id": request_id,
    }


def _parts(path: str) -> tuple[str, str, str]:
    """Noun, id and verb of ``/v1.0/pods/ID/probe``."""
    _, _, *rest = [*path.split("/"), "", "", "", ""]
    return rest[0], rest[1], rest[2]


def _outcome(status: HTTPStatus) -> str:
    if status < HTTPStatus.BAD_REQUEST:
        return "success"
    known = status < HTTPStatus.INTERNAL_SERVER_ERROR
    return "failure" if known else "unknown"
