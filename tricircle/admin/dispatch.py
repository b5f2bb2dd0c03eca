# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""From a request to an operation and back, on Falcon.

Falcon finds the route, and what follows from the table: 404, 405 with Allow, OPTIONS.
The rest of a call is the same for all operations, and here.
"""

import json
import logging
import re
from collections.abc import Callable, Mapping
from http import HTTPStatus
from types import SimpleNamespace
from typing import Any

import falcon
from oslo_context.context import RequestContext
from oslo_policy import policy

from tricircle.admin import errors, validation
from tricircle.admin.edge import AUTHENTICATED, REACHED, REQUEST_ID, ROUTE
from tricircle.admin.errors import (
    BadRequest,
    Fault,
    Forbidden,
    NotFound,
    NotJson,
    Unauthorized,
)
from tricircle.admin.operation import Call, Operation, Services
from tricircle.admin.schemas.common import uuid

LOG = logging.getLogger(__name__)

_ID = re.compile(str(uuid("")["pattern"]))
#: A host and a port, as far as we repeat what a client calls us.
_HOST = re.compile(r"[A-Za-z0-9.-]+(:[0-9]+)?|\[[0-9A-Fa-f:.]+\](:[0-9]+)?")

Routes = Mapping[str, Mapping[str, Operation]]
_Responder = Callable[..., None]


class Dispatcher:
    """Makes calls of requests; ``public_url`` is what links begin with, if given."""

    def __init__(
        self, services: Services, enforcer: policy.Enforcer, public_url: str | None
    ) -> None:
        self._services = services
        self._enforcer = enforcer
        self._public_url = (public_url or "").rstrip("/")

    def app(self, routes: Routes) -> falcon.App[falcon.Request, falcon.Response]:
        """Return the WSGI application that serves ``routes``."""
        app = falcon.App(middleware=[_Reached()])
        app.req_options.strip_url_path_trailing_slash = True
        app.add_error_handler(Exception, _answer)
        app.add_error_handler(falcon.HTTPError, _answer_of_falcon)
        for path, methods in routes.items():
            responders = {
                f"on_{method.lower()}": self._responder(operation)
                for method, operation in methods.items()
            }
            app.add_route(path, SimpleNamespace(**responders))
        return app

    def _responder(self, operation: Operation) -> _Responder:
        def respond(
            request: falcon.Request, response: falcon.Response, **ids: str
        ) -> None:
            context = self._allowed(operation, request)
            call = Call(
                url=self._url(request),
                path=request.path,
                ids=_checked(ids),
                query=validation.read_query(request.params, operation.query),
                body=_body(operation, request),
                context=context,
            )
            reply = operation.run(self._services, call)
            response.status = operation.status
            if reply.location is not None:
                response.location = reply.location
            if reply.body is not None:
                response.content_type = falcon.MEDIA_JSON
                response.data = json.dumps(reply.body).encode()

        return respond

    def _allowed(
        self, operation: Operation, request: falcon.Request
    ) -> RequestContext | None:
        if operation.policy is None:
            return None
        if not request.env.get(AUTHENTICATED):
            # Whatever its headers say about a user, nobody has checked them.
            raise Unauthorized("this needs a token of Keystone in X-Auth-Token")
        context = RequestContext.from_environ(request.env)
        if not self._enforcer.authorize(operation.policy, {}, context):
            raise Forbidden(
                f"policy does not allow {operation.policy} to this token; use one of"
                " an administrator"
            )
        return context

    def _url(self, request: falcon.Request) -> str:
        if self._public_url:
            return self._public_url
        host = request.env.get("HTTP_HOST", "")
        if not _HOST.fullmatch(host):
            host = f"{request.env['SERVER_NAME']}:{request.env['SERVER_PORT']}"
        return f"{request.scheme}://{host}{request.root_path}"


class _Reached:
    """Notes that an answer is ours, whatever it is, and of which route."""

    def process_request(
        self, request: falcon.Request, response: falcon.Response
    ) -> None:
        request.env[REACHED] = True

    def process_resource(
        self,
        request: falcon.Request,
        response: falcon.Response,
        resource: object,
        params: Mapping[str, Any],
    ) -> None:
        request.env[ROUTE] = request.uri_template or ""


def _checked(ids: Mapping[str, str]) -> dict[str, str]:
    for key, value in ids.items():
        if not _ID.fullmatch(value):
            noun = key.removesuffix("_id")
            raise NotFound(
                f"there is no {noun} {validation.quoted(value)}; ids are UUIDs:"
                f" list the {noun}s to find it"
            )
    return dict(ids)


def _body(operation: Operation, request: falcon.Request) -> Any:
    if operation.body is None:
        return None
    kind = (request.content_type or "").partition(";")[0].strip().lower()
    raw = request.bounded_stream.read()
    if not raw:
        raise BadRequest("this needs a body, in JSON")
    if kind != falcon.MEDIA_JSON:
        given = validation.quoted(kind or "untyped")
        raise NotJson(f"the body must be {falcon.MEDIA_JSON}, not {given}")
    body = validation.decode(raw)
    validation.check_body(body, operation.body)
    return body


def _answer(
    request: falcon.Request,
    response: falcon.Response,
    error: Exception,
    params: Mapping[str, Any],
) -> None:
    fault = errors.answer_to(error)
    if fault is None:
        LOG.error("%s %s failed", request.method, request.path, exc_info=error)
        fault = Fault(
            HTTPStatus.INTERNAL_SERVER_ERROR,
            "tricircle.unforeseen",
            "this is a fault of tricircle-api; its log has more under the request id",
        )
    elif fault.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        LOG.warning("%s %s: %s", request.method, request.path, error)
    _write(request, response, fault)


def _answer_of_falcon(
    request: falcon.Request,
    response: falcon.Response,
    error: falcon.HTTPError,
    params: Mapping[str, Any],
) -> None:
    status, path = HTTPStatus(error.status_code), validation.quoted(request.path)
    headers = error.headers or {}
    details = {
        HTTPStatus.NOT_FOUND: f"there is nothing at {path};"
        " /v1.0/openapi.json tells what there is",
        HTTPStatus.METHOD_NOT_ALLOWED: f"{path} does not offer {request.method};"
        f" it offers {dict(headers).get('Allow', 'nothing')}",
    }
    detail = details.get(status) or error.description or status.phrase
    code = f"tricircle.{status.name.lower()}"
    response.set_headers(headers)
    _write(request, response, Fault(status, code, detail))


def _write(request: falcon.Request, response: falcon.Response, fault: Fault) -> None:
    response.status = fault.status
    response.content_type = falcon.MEDIA_JSON
    response.data = errors.body(fault, request.env.get(REQUEST_ID, ""))
