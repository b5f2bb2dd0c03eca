# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors

import pytest

from demo.walk.errors import Unexpected
from demo.walk.reading import document, fields, rows

LIST = """\
+----+------+-----------+
| ID | Name | Attached  |
+----+------+-----------+
| 7  | vol1 | a | b     |
|    |      | and c     |
| 8  |      |           |
+----+------+-----------+
"""


def test_a_table_is_read_by_its_edges() -> None:
    assert rows(LIST) == [
        {"ID": "7", "Name": "vol1", "Attached": "a | b\nand c"},
        {"ID": "8", "Name": "", "Attached": ""},
    ]


@pytest.mark.parametrize("text", ["", "\n", "No servers\n"])
def test_no_table_has_no_rows(text: str) -> None:
    assert rows(text) == []
    assert fields(text) == {}


def test_one_thing_is_read_by_its_fields() -> None:
    shown = (
        "+-------+-------+\n| Field | Value |\n+-------+-------+\n"
        "| name  | net1  |\n| mtu   | 1500  |\n+-------+-------+\n"
    )
    assert fields(shown) == {"name": "net1", "mtu": "1500"}


def test_json_is_an_object() -> None:
    assert document('{"pods": []}') == {"pods": []}


@pytest.mark.parametrize("text", ["", "<html>", "[1]", "null"])
def test_what_is_no_json_object_is_shown_in_the_error(text: str) -> None:
    with pytest.raises(Unexpected, match="this is no JSON") as error:
        document(text)
    assert repr(text) in str(error.value)
