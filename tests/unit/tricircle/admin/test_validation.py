# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
from collections.abc import Mapping
from typing import Any

import pytest

from tricircle.admin import validation
from tricircle.admin.errors import BadRequest
from tricircle.admin.schemas import binding, pod
from tricircle.admin.schemas.common import PAGE


def refusal(body: object, schema: Mapping[str, Any] = pod.CREATE) -> str:
    with pytest.raises(BadRequest) as raised:
        validation.check_body(body, schema)
    return str(raised.value)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"\xff",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"1" * 5000,  # Python refuses to turn that many digits into a number
        b"{\x00}",
    ],
)
def test_what_is_no_json(raw: bytes) -> None:
    with pytest.raises(BadRequest, match="no JSON"):
        validation.decode(raw)


@pytest.mark.parametrize(
    "raw",
    [
        rb'{"a": "\u0000"}',
        rb'{"a": ["\u001b"]}',
        rb'{"\ud800": 1}',
        rb'{"a": {"b": "\udfff"}}',
    ],
)
def test_what_can_t_be_stored(raw: bytes) -> None:
    with pytest.raises(BadRequest, match="control character"):
        validation.decode(raw)


def test_what_is_nested_too_deeply() -> None:
    with pytest.raises(BadRequest, match="too deeply"):
        validation.decode(b"[" * 100 + b"]" * 100)


def test_text_is_text() -> None:
    text = '{"pod": {"pod_name": "Zürich \U0001f600 日本"}}'
    decoded = validation.decode(text.encode())
    validation.check_body(decoded, pod.CREATE)
    assert decoded["pod"]["pod_name"] == "Zürich \U0001f600 日本"


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ([], "the body must be of type object"),
        ({}, "the body lacks the field pod"),
        ({"pod": {}}, "pod lacks the field pod_name"),
        ({"pod": {"pod_name": 1}}, "pod.pod_name must be of type string"),
        (
            {"pod": {"pod_name": "x" * 253}},
            "pod.pod_name is too long: 252 characters are allowed",
        ),
        (
            {"pod": {"pod_name": "x", "color": 1}},
            "pod has no field 'color'; it has: pod_name, az_name, pod_az_name, dc_name",
        ),
    ],
)
def test_what_is_wrong_is_said(body: object, sentence: str) -> None:
    assert refusal(body) == sentence


def test_what_an_empty_change_could_be_is_said() -> None:
    assert refusal({"pod": {}}, pod.UPDATE) == (
        "pod is empty; name what shall change: az_name, pod_az_name, dc_name, state"
    )


def test_either_or_is_said() -> None:
    id_ = "00000001-0000-4000-8000-000000000000"
    assert refusal({"pod_binding": {"pod_id": id_}}, binding.CREATE) == (
        "pod_binding does not fit: Either project_id or its old name, tenant_id."
    )


@pytest.mark.parametrize("name", ["P", "Pod 1", "a:b/c?d", "ä"])
def test_names(name: str) -> None:
    validation.check_body({"pod": {"pod_name": name}}, pod.CREATE)


@pytest.mark.parametrize("name", ["", " ", " P", "P ", "\tP", "P\x7f", "\xa0P"])
def test_what_is_no_name(name: str) -> None:
    assert "pod.pod_name must be" in refusal({"pod": {"pod_name": name}})


def test_an_empty_zone_is_none() -> None:
    validation.check_body({"pod": {"pod_name": "P", "az_name": ""}}, pod.CREATE)
    assert "az_name" in refusal({"pod": {"az_name": ""}}, pod.UPDATE)


def test_a_query_has_numbers() -> None:
    assert validation.read_query({"limit": "007"}, PAGE) == {"limit": 7}


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({"size": "1"}, "there is no parameter 'size'; there are: limit, marker"),
        (
            {"x" * 70: "1"},
            f"there is no parameter '{'x' * 60}...'; there are: limit, marker",
        ),
        ({"marker": "a\0"}, "the parameter marker has a control character"),
        ({"limit": ["1", "2"]}, "the parameter limit is given more than once"),
        ({"limit": ""}, "the parameter limit must be of type integer"),
        ({"limit": "-1"}, "the parameter limit must be of type integer"),
        ({"limit": "1.0"}, "the parameter limit must be of type integer"),
        ({"limit": "\u0661"}, "the parameter limit must be of type integer"),
        ({"limit": "0"}, "the parameter limit must be 1 or more"),
        ({"limit": "9999999999"}, "the parameter limit must be 2147483647 or less"),
    ],
)
def test_what_is_wrong_with_a_query_is_said(
    query: dict[str, str | list[str]], sentence: str
) -> None:
    with pytest.raises(BadRequest) as raised:
        validation.read_query(query, PAGE)
    assert str(raised.value) == sentence
