# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""The table at the end: what lived where. Pure."""

from collections.abc import Iterable, Sequence

from demo.walk.places import Place


def summary(central: str, places: Iterable[Place]) -> str:
    """A table of what lived where, drawn as OpenStack's client does."""
    columns = ("Resource", "Name", f"ID in {central}", "Pod", "ID in the pod")
    return draw(
        columns,
        [
            (
                place.kind.replace("_", " "),
                place.name,
                place.id,
                place.pod,
                "the same" if place.id == place.pod_id else place.pod_id,
            )
            for place in places
        ],
    )


def draw(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table in lines of text."""
    widths = [max(map(len, cells)) for cells in zip(columns, *rows, strict=True)]
    edge = "".join(f"+{'-' * (width + 2)}" for width in widths) + "+"

    def line(cells: Sequence[str]) -> str:
        pairs = zip(cells, widths, strict=True)
        return "".join(f"| {cell:{width}} " for cell, width in pairs) + "|"

    return "\n".join([edge, line(columns), edge, *map(line, rows), edge])
