# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""What people see of a nested answer; programs (``-f json``) get it as it came."""

from collections.abc import Callable, Mapping
from typing import Any

from cliff.columns import FormattableColumn

#: Makes of a value what a table shows.
Look = Callable[[Any], FormattableColumn[Any]]

#: Of longer lists only the length is told.
_MOST = 5


class Lines(FormattableColumn[Any]):
    """Objects: a line for each field."""

    def human_readable(self) -> str:
        """Return what a table shows."""
        value = self._value
        if not isinstance(value, Mapping):
            return _told(value)
        return "\n".join(f"{key}: {_told(inner)}" for key, inner in value.items())


def _told(value: Any) -> str:
    match value:
        case Mapping():
            told = {key: inner for key, inner in value.items() if inner is not None}
            return ", ".join(f"{key}={_told(inner)}" for key, inner in told.items())
        case list() if len(value) > _MOST:
            return f"({len(value)} of them)"
        case list():
            return ", ".join(_told(inner) for inner in value)
        case None:
            return ""
        case _:
            return str(value)
