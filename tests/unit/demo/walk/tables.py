# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Tables as OpenStack's client prints them."""

from collections.abc import Mapping, Sequence


def listing(columns: Sequence[str], *rows: Sequence[str]) -> str:
    """A list with these columns."""
    widths = [max(map(len, column)) for column in zip(columns, *rows, strict=True)]
    edge = "".join(f"+{'-' * (width + 2)}" for width in widths) + "+"

    def line(cells: Sequence[str]) -> str:
        pairs = zip(cells, widths, strict=True)
        return "".join(f"| {cell:{width}} " for cell, width in pairs) + "|"

    return "\n".join([edge, line(columns), edge, *map(line, rows), edge, ""])


def showing(values: Mapping[str, str]) -> str:
    """One thing's fields."""
    return listing(("Field", "Value"), *values.items())
