# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""What labels of metrics say, where clients choose the words.

Each new word is a new series: a client that makes words up must not fill our memory.
"""

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_OTHER = "OTHER"


def method(name: str) -> str:
    """Return the label of a method that a client used."""
    return name if name in _METHODS else _OTHER
