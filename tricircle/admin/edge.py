# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""What every request passes first and last, also those that do not reach us.

The body is read here, whole, so that it is bounded before anyone looks at it; the
answer, which is small, is kept for a moment, so that what others answer with
(auth_token, in plain text) leaves in the shape of our errors.
"""

import io
import logging
import re
import time
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from keystoneauth1.exceptions.base import ClientException
from oslo_context.context import RequestContext, generate_request_id

from tricircle.admin import audit, errors
from tricircle.admin.errors import ApiError, BadRequest, Fault, TooLarge
from tricircle.admin.tally import Tally
from tricircle.monitoring import healthcheck

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

LOG = logging.getLogger(__name__)

#: What we note in the environment: our id of the request, as all of OpenStack does,
#: ``True`` after auth_token, ``True`` once the answer is ours, and the path's pattern.
REQUEST_ID = "openstack.request_id"
GLOBAL_REQUEST_ID = "openstack.global_request_id"
AUTHENTICATED = "tricircle.authenticated"
REACHED = "tricircle.reached"
ROUTE = "tricircle.route"

_REQUEST_ID = re.compile(
    "req-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
)
_Headers = list[tuple[str, str]]

#: What an error that is not ours is called; others are only what their status says.
_FOREIGN = {
    HTTPStatus.UNAUTHORIZED: (
        "tricircle.unauthorized",
        "the token in X-Auth-Token is missing, wrong, expired or revoked; get another",
    ),
    HTTPStatus.SERVICE_UNAVAILABLE: (
        "tricircle.keystone.away",
        "Keystone does not answer, so that the token can't be checked; try again later",
    ),
}


class Edge:
    """The outermost application: ``public`` paths go to ``app`` as they are.

    All others pass ``guard``, which is ``app`` behind auth_token. A body may have
    ``max_body`` bytes. ``tally`` counts what is answered.
    """

    def __init__(
        self,
        app: "WSGIApplication",
        guard: Callable[["WSGIApplication"], "WSGIApplication"],
        public: Iterable[str],
        max_body: int,
    ) -> None:
        self._app = app
        self._guarded = guard(_authenticated(app))
        self._public = frozenset(public)
        self._max_body = max_body
        self.tally = Tally()

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Serve a request."""
        begun = time.monotonic()
        request_id = environ[REQUEST_ID] = generate_request_id()
        theirs = environ.get("HTTP_X_OPENSTACK_REQUEST_ID", "")
        if _REQUEST_ID.fullmatch(theirs):
            environ[GLOBAL_REQUEST_ID] = theirs
        # For the log: this thread still has the context of its last request.
        RequestContext(
            request_id=request_id, global_request_id=environ.get(GLOBAL_REQUEST_ID)
        )
        # Nobody but us may say so.
        for key in (AUTHENTICATED, REACHED, ROUTE):
            environ.pop(key, None)
        if environ.get("PATH_INFO") == healthcheck.PATH:
            status, headers, body = _health(environ)
        else:
            status, headers, body = self._answer(environ)
            audit.tell(
                environ,
                status,
                environ.get(GLOBAL_REQUEST_ID) or request_id,
                location=_location(headers),
                authenticated=AUTHENTICATED in environ,
            )
            self.tally.answered(
                environ["REQUEST_METHOD"],
                environ.get(ROUTE, ""),
                status.value,
                time.monotonic() - begun,
            )
        headers = [(key, text) for key, text in headers if key.lower() not in _OURS]
        if status >= HTTPStatus.OK and status != HTTPStatus.NO_CONTENT:
            headers.append(("Content-Length", str(len(body))))
        headers.append(("X-Openstack-Request-Id", request_id))
        LOG.info(
            "%s %s %s %d bytes, %.3f s, %s",
            environ["REQUEST_METHOD"],
            ascii(environ.get("PATH_INFO", "")),
            status.value,
            len(body),
            time.monotonic() - begun,
            environ.get(GLOBAL_REQUEST_ID) or request_id,
        )
        start_response(f"{status.value} {status.phrase}", headers)
        return [body]

    def _answer(self, environ: "WSGIEnvironment") -> tuple[HTTPStatus, _Headers, bytes]:
        request_id = environ[REQUEST_ID]
        try:
            body = _read(environ, self._max_body)
            environ["wsgi.input"] = io.BytesIO(body)
            environ["CONTENT_LENGTH"] = str(len(body))
            status, headers, answer = _collect(self._next(environ), environ)
        except ApiError as error:
            fault = error.fault
        except ClientException as error:
            LOG.warning("Keystone can't be asked about a token: %s", error)
            fault = _foreign(HTTPStatus.SERVICE_UNAVAILABLE)
        else:
            if environ.get(REACHED) or status < HTTPStatus.BAD_REQUEST:
                return status, headers, answer
            ours = errors.body(_foreign(status), request_id)
            challenge = [item for item in headers if item[0] == "WWW-Authenticate"]
            return status, [_JSON, *challenge], ours
        return fault.status, [_JSON], errors.body(fault, request_id)

    def _next(self, environ: "WSGIEnvironment") -> "WSGIApplication":
        path = environ.get("PATH_INFO", "").rstrip("/") or "/"
        return self._app if path in self._public else self._guarded


_JSON = ("Content-Type", "application/json")
_OURS = {"content-length", "x-openstack-request-id"}


def _location(headers: _Headers) -> str:
    return next((text for key, text in headers if key.lower() == "location"), "")


def _health(environ: "WSGIEnvironment") -> tuple[HTTPStatus, _Headers, bytes]:
    method, accept = environ["REQUEST_METHOD"], environ.get("HTTP_ACCEPT", "")
    reply = healthcheck.reply(method, accept)
    return reply.status, [("Content-Type", reply.content_type)], reply.body


def _authenticated(app: "WSGIApplication") -> "WSGIApplication":
    def inner(
        environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        environ[AUTHENTICATED] = True
        return app(environ, start_response)

    return inner


def _read(environ: "WSGIEnvironment", most: int) -> bytes:
    length = environ.get("CONTENT_LENGTH") or ""
    source = environ["wsgi.input"]
    if length:
        if not (length.isascii() and length.isdigit()):
            raise BadRequest("Content-Length is no number")
        if len(length) > len(str(most)) or int(length) > most:
            raise _too_large(most)
        body = source.read(int(length))
    elif environ.get("wsgi.input_terminated"):
        body = source.read(most + 1)
    else:
        body = b""
    if len(body) > most:
        raise _too_large(most)
    return bytes(body)


def _too_large(most: int) -> TooLarge:
    return TooLarge(f"the body is too large: {most} bytes are allowed")


def _foreign(status: HTTPStatus) -> Fault:
    code, detail = _FOREIGN.get(status, (f"tricircle.{status.name.lower()}", ""))
    return Fault(status, code, detail or status.phrase)


def _collect(
    app: "WSGIApplication", environ: "WSGIEnvironment"
) -> tuple[HTTPStatus, _Headers, bytes]:
    started: list[tuple[HTTPStatus, _Headers]] = []

    def start(status: str, headers: _Headers, exc_info: Any = None) -> Any:
        started.append((HTTPStatus(int(status[:3])), headers))
        return io.BytesIO().write

    chunks = app(environ, start)
    try:
        body = b"".join(chunks)
    finally:
        close = getattr(chunks, "close", None)
        if close is not None:
            close()
    status, headers = started[-1]
    return status, headers, body
