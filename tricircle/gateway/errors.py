# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""What can go wrong, and how each service says it.

::

    GatewayError
    ├── BadRequest            400   ├── TooLarge              413
    ├── Unauthorized          401   ├── NotOffered            501
    ├── Forbidden             403   ├── BadAnswer             502
    ├── NotFound              404   ├── PodUnavailable        503
    │   └── PathNotFound            ├── StoreUnavailable      503
    ├── NotAcceptable         406   ├── PodTimeout            504
    └── Conflict              409   └── OverLimit      403 or 413

They are raised anywhere and translated once, in ``app``, by `answer`. A message names
the thing at fault and says what to do.
"""

import json
from html import escape
from http import HTTPStatus

import orjson

from tricircle.gateway.message import JSON, Answer, Headers, Version
from tricircle.gateway.spec import Service

_JSON = b"json"


class GatewayError(Exception):
    """A call that ends with an error of ours, not of a pod's."""

    status = 500
    said_by_service = True
    """Else what is around a service says it, before the service is asked."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message

    @property
    def headers(self) -> Headers:
        """Headers that belong to the error."""
        return []


class BadRequest(GatewayError):
    """The request cannot be what was meant."""

    status = 400


class Unauthorized(GatewayError):
    """There is no valid token."""

    status = 401

    def __init__(self, message: str, keystone: str = "") -> None:
        super().__init__(message)
        self._keystone = keystone

    @property
    def headers(self) -> Headers:
        """Where tokens are to be had, as keystonemiddleware says it."""
        value = f'Keystone uri="{self._keystone}"'
        return [(b"www-authenticate", value.encode())]


class Forbidden(GatewayError):
    """The token is good, but not for this."""

    status = 403


class NotFound(GatewayError):
    """There is no such thing, or none that the project may see."""

    status = 404


class PathNotFound(NotFound):
    """No action has this path and method: services say 404 to both."""

    said_by_service = False

    def __init__(self, path: str) -> None:
        super().__init__("The resource could not be found.")
        self.path = path

    def __str__(self) -> str:
        return f"nothing is served at {self.path}"


class NotAcceptable(GatewayError):
    """A microversion that not every pod speaks."""

    status = 406

    def __init__(self, message: str, version: Version) -> None:
        super().__init__(message)
        self.version = version


class Conflict(GatewayError):
    """The state of things does not allow it."""

    status = 409


class OverLimit(GatewayError):
    """The project's quota does not allow it: Nova forbids it, Cinder says 413."""

    def __init__(self, message: str, status: int, forbidden: str = "") -> None:
        """``forbidden``: what Nova says where a limit of Cinder's is in its way."""
        super().__init__(message)
        self.status = status
        self.forbidden = forbidden or message

    @property
    def headers(self) -> Headers:
        """Cinder's: nobody knows when there will be room."""
        return [(b"retry-after", b"0")] if self.status == 413 else []


class TooLarge(GatewayError):
    """The body is larger than the service takes."""

    status = 413
    said_by_service = False


class NotOffered(GatewayError):
    """OpenStack has it, one cloud of many pods does not."""

    status = 501


class BadAnswer(GatewayError):
    """A region's answer cannot be read."""

    status = 502


class PodUnavailable(GatewayError):
    """A region does not answer, or has too many calls waiting."""

    status = 503

    @property
    def headers(self) -> Headers:
        """When to come again: our circuit breaker looks each few seconds."""
        return [(b"retry-after", b"5")]


class StoreUnavailable(GatewayError):
    """Our database does not answer, and the call cannot do without it."""

    status = 503

    @property
    def headers(self) -> Headers:
        """When to come again."""
        return [(b"retry-after", b"5")]


class PodTimeout(GatewayError):
    """A region took the call and did not answer in time; what it did is unknown."""

    status = 504


def absent(type: str, id: str) -> str:
    """How services say that something does not exist."""
    if type == "attachment":
        return f"Volume attachment could not be found with filter: {type}_id = {id}."
    name = _NAMES.get(type) or type.replace("_", " ").capitalize()
    return f"{name} {id} could not be found."


_NAMES = {
    "server": "Instance",
    "group_snapshot": "GroupSnapshot",
    "consistencygroup": "ConsistencyGroup",
    "cgsnapshot": "CgSnapshot",
}


def answer(error: GatewayError, service: Service, accept: bytes = _JSON) -> Answer:
    """Say it as the service would, to a client that accepts this."""
    if not error.said_by_service:
        return _around(error, accept)
    if isinstance(error, OverLimit) and error.status != service.over_limit:
        error = OverLimit(error.forbidden, service.over_limit)
    if isinstance(error, Unauthorized):  # keystonemiddleware speaks for both
        fault: dict[str, object] = {
            "code": error.status,
            "title": HTTPStatus(error.status).phrase,
            "message": error.message,
        }
        document, type = {"error": fault}, JSON[1]
    else:
        key = service.faults.get(error.status, "computeFault")
        fault = {"code": error.status, "message": error.message}
        if isinstance(error, OverLimit) and error.status == 413:
            fault["retryAfter"] = "0"
        document, type = {key: fault}, service.fault_type
    # Not orjson: theirs has spaces, and who compares texts finds the same.
    body = json.dumps(document).encode()
    return Answer(error.status, [(JSON[0], type), *error.headers], body)


def _around(error: GatewayError, accept: bytes) -> Answer:
    """What WebOb says for all services: JSON to who asks for it, else a page."""
    title = HTTPStatus(error.status).phrase
    code = f"{error.status} {title}"
    if _JSON in accept:
        document = {"message": error.message, "code": code, "title": title}
        return Answer(error.status, [JSON, *error.headers], orjson.dumps(document))
    page = (
        f"<html><head><title>{code}</title></head>"
        f"<body><h1>{code}</h1>{escape(error.message)}</body></html>"
    )
    headers = [(JSON[0], b"text/html; charset=UTF-8"), *error.headers]
    return Answer(error.status, headers, page.encode())
