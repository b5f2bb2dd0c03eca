# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""``/healthcheck``, as oslo.middleware answers it: what load balancers ask."""

import json
from dataclasses import dataclass
from http import HTTPStatus

PATH = "/healthcheck"

JSON = "application/json"
PLAIN = "text/plain; charset=UTF-8"


@dataclass(frozen=True)
class Reply:
    """What is answered."""

    status: HTTPStatus
    content_type: str
    body: bytes


def reply(method: str, accept: str, ailment: str | None = None) -> Reply:
    """What to say to a call of `PATH`; ``ailment`` is why not to rely on this process.

    ``accept`` is the call's header of this name.
    """
    if method == "HEAD":
        status = HTTPStatus.SERVICE_UNAVAILABLE if ailment else HTTPStatus.NO_CONTENT
        return Reply(status, PLAIN, b"")
    status = HTTPStatus.SERVICE_UNAVAILABLE if ailment else HTTPStatus.OK
    reason = ailment or "OK"
    if JSON in accept:
        document = {"detailed": False, "reasons": [reason]}
        return Reply(status, JSON, json.dumps(document).encode())
    return Reply(status, PLAIN, reason.encode())
