# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
from typing import Any

import pytest

from tricircle.client.columns import Lines
from tricircle.client.nouns import BINDING, JOB, POD, ROUTING, Noun


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ({}, ""),
        (None, ""),
        ({"a": 1, "b": {"c": 2, "d": None, "e": [1, 2]}}, "a: 1\nb: c=2, e=1, 2"),
        ({"a": {"many": list(range(6))}}, "a: many=(6 of them)"),
        ("new kind of value", "new kind of value"),
    ],
)
def test_people_see_lines_and_programs_what_came(value: Any, shown: str) -> None:
    assert Lines(value).human_readable() == shown
    assert Lines(value).machine_readable() == value


@pytest.mark.parametrize("noun", [POD, BINDING, ROUTING, JOB], ids=lambda one: one.word)
def test_each_field_has_one_column(noun: Noun) -> None:
    for of in ("field", "name"):
        names = [getattr(column, of) for column in noun.columns]
        assert len(set(names)) == len(names)
    assert noun.id in {column.field for column in noun.columns}
