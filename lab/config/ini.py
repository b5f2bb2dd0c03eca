# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""OpenStack's configuration format: sections of ``key = value`` lines."""

from collections.abc import Mapping

Value = str | int | bool | list[str]
#: The options of one section.
Section = Mapping[str, Value]
#: A configuration file.
Ini = Mapping[str, Section]


def render(ini: Ini) -> str:
    """The text of a configuration file; lists are joined by commas."""
    return "\n".join(
        "\n".join([f"[{name}]", *_lines(section), ""]) for name, section in ini.items()
    )


def _lines(section: Section) -> list[str]:
    return [f"{key} = {_text(value)}" for key, value in section.items()]


def _text(value: Value) -> str:
    match value:
        case bool():
            return str(value).lower()
        case list():
            return ",".join(value)
        case _:
            return str(value)
