# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""How a central port says whose it is, so that what a crash leaves can be found.

In its ``device_id``: a *promise* to an intent before there is a server, then the
server's id. A port that was made for a server goes with it, one that the user brought
is free again: a promise says which it is, for it is written in the same call as the
port; later a tag does, which has been there before the pod heard of the port. (A
create takes tags in a Neutron with an optional driver only, and ignores them
otherwise.)
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

#: The tag of a port that was made for a server.
MADE = "tricircle:made-for-server"

_MADE, _TAKEN = "tricircle:made:", "tricircle:taken:"


@dataclass(frozen=True, slots=True)
class Promise:
    """A port that waits for the server of an intent."""

    intent_id: str
    is_made: bool

    def __str__(self) -> str:
        """The ``device_id`` that says so."""
        return f"{_MADE if self.is_made else _TAKEN}{self.intent_id}"


def promises(intent_id: str) -> list[str]:
    """Return what may be the ``device_id`` of an intent's ports."""
    return [str(Promise(intent_id, is_made)) for is_made in (True, False)]


def promised(port: Mapping[str, Any]) -> Promise | None:
    """Return what a port says, None if it waits for no intent's server."""
    device_id = str(port.get("device_id") or "")
    for prefix in (_MADE, _TAKEN):
        if device_id.startswith(prefix):
            return Promise(device_id.removeprefix(prefix), prefix == _MADE)
    return None


def is_made(port: Mapping[str, Any]) -> bool:
    """Whether a port goes with its server."""
    promise = promised(port)
    return MADE in port.get("tags", ()) or (promise is not None and promise.is_made)
