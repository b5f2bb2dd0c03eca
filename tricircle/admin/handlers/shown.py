# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""How single values are shown."""

from datetime import UTC, datetime


def moment(value: datetime) -> str:
    """A moment as text, in UTC."""
    text = value.astimezone(UTC).isoformat(timespec="milliseconds")
    return text.removesuffix("+00:00") + "Z"
