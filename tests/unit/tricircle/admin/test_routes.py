# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
import re
from collections.abc import Iterable, Iterator, Mapping
from http import HTTPStatus
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tricircle.admin import openapi
from tricircle.admin.operation import Operation
from tricircle.admin.routes import ROUTES
from tricircle.admin.schemas.common import FORM
from tricircle.policies import list_rules

EVERY = [
    pytest.param(path, method, operation, id=f"{method} {path}")
    for path, methods in ROUTES.items()
    for method, operation in methods.items()
]
DOCUMENT = openapi.describe(ROUTES, "http://x")


def test_every_rule_guards_just_what_it_says() -> None:
    said = {
        rule.name: [(one["method"], one["path"]) for one in rule.operations]
        for rule in list_rules()
        if hasattr(rule, "operations")
    }
    done = {
        operation.policy: [(method, path)]
        for path, methods in ROUTES.items()
        for method, operation in methods.items()
        if operation.policy
    }
    assert said == done


def test_only_what_tells_of_the_api_is_public() -> None:
    public = [
        path
        for path, methods in ROUTES.items()
        if not all(operation.policy for operation in methods.values())
    ]
    assert public == ["/", "/v1.0", "/v1.0/openapi.json"]


@pytest.mark.parametrize(("path", "method", "operation"), EVERY)
def test_an_operation_is_described(
    path: str, method: str, operation: Operation
) -> None:
    described = DOCUMENT["paths"][path][method.lower()]
    assert re.fullmatch(r"[A-Z].*\.", described["summary"])
    assert described["security"] == ([{"token": []}] if operation.policy else [])
    in_path = [one["name"] for one in described["parameters"] if one["in"] == "path"]
    assert in_path == re.findall(r"{(\w+)}", path)
    success = str(operation.status.value)
    assert success in described["responses"]
    has_body = operation.status != HTTPStatus.NO_CONTENT
    assert ("content" in described["responses"][success]) == has_body


@pytest.mark.parametrize(("path", "method", "operation"), EVERY)
def test_its_schemas_are_schemas(path: str, method: str, operation: Operation) -> None:
    for schema in (operation.body, operation.answer, *operation.query.values()):
        if schema is not None:
            Draft202012Validator.check_schema(schema)


def schemas(value: Any) -> Iterator[Mapping[str, Any]]:
    """All schemas inside of one."""
    if isinstance(value, Mapping):
        yield value
    inner = value.values() if isinstance(value, Mapping) else value
    if not isinstance(value, str) and isinstance(inner, Iterable):
        for one in inner:
            yield from schemas(one)


def test_what_a_pattern_wants_is_said_in_words() -> None:
    found = [one for one in schemas(DOCUMENT) if isinstance(one.get("pattern"), str)]
    assert len(found) > 10
    assert [one for one in found if not one.get(FORM)] == []


def test_operations_have_names_of_their_own() -> None:
    names = [
        operation["operationId"]
        for methods in DOCUMENT["paths"].values()
        for operation in methods.values()
    ]
    assert len(names) == len(set(names))
    assert "delete_v1_0_pods_pod_id" in names
