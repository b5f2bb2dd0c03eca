# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""The API as an OpenAPI document, from the routes and schemas that it runs by."""

import re
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

from tricircle.admin.operation import Operation
from tricircle.admin.schemas.common import Schema, uuid
from tricircle.admin.schemas.error import ERRORS
from tricircle.admin.schemas.root import HEALTH
from tricircle.monitoring import healthcheck

Routes = Mapping[str, Mapping[str, Operation]]

_PARAMETER = re.compile("{(\\w+)}")
_JSON = "application/json"
#: It is no operation: load balancers get it before anything is looked at.
_HEALTH = {
    "get": {
        "summary": "Tell whether this process takes calls.",
        "operationId": "get_healthcheck",
        "security": [],
        "responses": {
            "200": {
                "description": "It does.",
                "content": {
                    "text/plain": {"schema": {"const": "OK"}},
                    _JSON: {"schema": HEALTH},
                },
            }
        },
    },
    "head": {
        "summary": "Tell whether this process takes calls, without a word.",
        "operationId": "head_healthcheck",
        "security": [],
        "responses": {"204": {"description": "It does."}},
    },
}


def describe(routes: Routes, url: str) -> dict[str, Any]:
    """Return the document of an API that begins at ``url``."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Tricircle's API for operators",
            "version": "1.0",
            "license": {"name": "Apache 2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": url}],
        "paths": {
            healthcheck.PATH: _HEALTH,
            **{
                path: {
                    method.lower(): _operation(path, method, operation)
                    for method, operation in methods.items()
                }
                for path, methods in routes.items()
            },
        },
        "components": {
            "securitySchemes": {
                "token": {"type": "apiKey", "in": "header", "name": "X-Auth-Token"}
            },
            "schemas": {"Errors": ERRORS},
        },
    }


def _operation(path: str, method: str, operation: Operation) -> dict[str, Any]:
    ids = _PARAMETER.findall(path)
    described: dict[str, Any] = {
        "summary": operation.summary,
        "operationId": _id(path, method),
        "parameters": [*_path_parameters(ids), *_query_parameters(operation.query)],
        "responses": {
            str(status.value): _refusal(status)
            for status in sorted(_refusals(operation, bool(ids)))
        },
        "security": [{"token": []}] if operation.policy else [],
    }
    success: dict[str, Any] = {"description": operation.status.phrase}
    if operation.answer is not None:
        success["content"] = {_JSON: {"schema": operation.answer}}
    described["responses"][str(operation.status.value)] = success
    if operation.body is not None:
        described["requestBody"] = {
            "required": True,
            "content": {_JSON: {"schema": operation.body}},
        }
    return described


def _id(path: str, method: str) -> str:
    words = [word for word in re.split(r"[/{}.]+", path) if word]
    return "_".join([method.lower(), *words]) if words else f"{method.lower()}_root"


def _path_parameters(ids: Iterable[str]) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "path", "required": True, "schema": uuid("An id.")}
        for name in ids
    ]


def _query_parameters(query: Mapping[str, Schema]) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "query", "required": False, "schema": schema}
        for name, schema in query.items()
    ]


def _refusals(operation: Operation, has_ids: bool) -> set[HTTPStatus]:
    statuses = set(operation.refusals)
    statuses |= {HTTPStatus.BAD_REQUEST, HTTPStatus.REQUEST_ENTITY_TOO_LARGE}
    if operation.policy:
        statuses |= {
            HTTPStatus.UNAUTHORIZED,
            HTTPStatus.FORBIDDEN,
            HTTPStatus.SERVICE_UNAVAILABLE,
        }
    if operation.body is not None:
        statuses.add(HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
    if has_ids:
        statuses.add(HTTPStatus.NOT_FOUND)
    return statuses


def _refusal(status: HTTPStatus) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Errors"}
    return {"description": status.phrase, "content": {_JSON: {"schema": schema}}}
