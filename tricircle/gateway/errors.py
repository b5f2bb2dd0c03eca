# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""What can go wrong, and how each service says it.

::

    GatewayError
    ├── BadRequest            400   ├── NotAcceptable         406
    ├── Unauthorized          401   ├── Conflict              409
    ├── Forbidden             403   ├── TooLarge              413
    ├── NotFound              404   ├── NotOffered            501
    │   └── PathNotFound            ├── BadAnswer             502
    ├── MethodNotAllowed      405   ├── PodUnavailable        503
    └── StoreUnavailable      503   └── PodTimeout            504

They are raised anywhere and translated once, in ``app``, by `answer`. A message names
the thing at fault and says what to do.
"""

from collections.abc import Sequence
from http import HTTPStatus

import orjson

from tricircle.gateway.message import JSON, Answer, Headers
from tricircle.gateway.spec import Service


class GatewayError(Exception):
    """A call that ends with an error of ours, not of a pod's."""

    status = 500

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
    """No action has this path."""

    def __init__(self, path: str) -> None:
        super().__init__(f"There is nothing at {path}.")


class MethodNotAllowed(GatewayError):
    """The path is right, the method is not."""

    status = 405

    def __init__(self, method: str, path: str, allowed: Sequence[str]) -> None:
        super().__init__(f"{path} takes {', '.join(allowed)}, not {method}.")
        self._allowed = allowed

    @property
    def headers(self) -> Headers:
        """The methods that the path has."""
        return [(b"allow", ", ".join(self._allowed).encode())]


class NotAcceptable(GatewayError):
    """A microversion that not every pod speaks."""

    status = 406


class Conflict(GatewayError):
    """The state of things does not allow it."""

    status = 409


class TooLarge(GatewayError):
    """The body is larger than the service takes."""

    status = 413


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


def answer(error: GatewayError, service: Service) -> Answer:
    """Say it as the service would."""
    if isinstance(error, Unauthorized):  # keystonemiddleware speaks for both
        fault: dict[str, object] = {
            "title": HTTPStatus(error.status).phrase,
            "code": error.status,
            "message": error.message,
        }
        document = {"error": fault}
    else:
        key = service.faults.get(error.status, "computeFault")
        document = {key: {"code": error.status, "message": error.message}}
    return Answer(error.status, [JSON, *error.headers], orjson.dumps(document))
