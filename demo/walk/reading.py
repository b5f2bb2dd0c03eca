# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Reading what the clients print: tables of `openstack`, JSON of `curl`. Pure."""

import json
from itertools import pairwise
from typing import Any

from demo.walk.errors import Unexpected


def rows(text: str) -> list[dict[str, str]]:
    """The rows of a table, each a value by its column; none if there is no table.

    A row that goes on in further lines has them joined with newlines.
    """
    lines = [line for line in text.splitlines() if line.startswith(("+", "|"))]
    if not lines:
        return []
    edges = [place for place, letter in enumerate(lines[0]) if letter == "+"]
    header, *body = [
        [line[left + 1 : right].strip() for left, right in pairwise(edges)]
        for line in lines
        if line.startswith("|")
    ]
    found: list[list[str]] = []
    for cells in body:
        if found and not cells[0]:
            both = zip(found[-1], cells, strict=True)
            found[-1] = [f"{old}\n{new}".strip() for old, new in both]
        else:
            found.append(cells)
    return [dict(zip(header, cells, strict=True)) for cells in found]


def fields(text: str) -> dict[str, str]:
    """The values of a table of one thing, by their fields."""
    return {row["Field"]: row["Value"] for row in rows(text) if "Field" in row}


def document(text: str) -> dict[str, Any]:
    """A JSON object; Unexpected if it is none."""
    try:
        found = json.loads(text)
    except ValueError as error:
        raise Unexpected(f"this is no JSON: {text[:200]!r}") from error
    if not isinstance(found, dict):
        raise Unexpected(f"this is no JSON object: {text[:200]!r}")
    return found
