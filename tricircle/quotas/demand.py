# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""What is wanted of a project's quota, and whether it fits: decided without I/O.

Limits and what counts towards them are by name, as the services' APIs have it:
``{"instances": 1, "cores": 2, "ram": 2048}``. A limit of -1, or none, is no limit.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

UNLIMITED = -1


@dataclass(frozen=True, slots=True)
class Demand:
    """What a project wants of a service, and how much of it the project may have."""

    project_id: str
    service: str
    takes: Mapping[str, int]
    limits: Mapping[str, int]

    @property
    def bounded(self) -> Mapping[str, int]:
        """The limits that count."""
        found = {kind: self.limits.get(kind, UNLIMITED) for kind in self.takes}
        return {kind: limit for kind, limit in found.items() if limit >= 0}

    def times(self, count: int) -> "Demand":
        """As many of it."""
        takes = {kind: amount * count for kind, amount in self.takes.items()}
        return replace(self, takes=takes)


def overs(demand: Demand, used: Mapping[str, int]) -> tuple[str, ...]:
    """The limits that would be exceeded, by name.

    What takes nothing more of a limit passes, also where that is exceeded already.
    """
    return tuple(
        kind
        for kind, limit in sorted(demand.bounded.items())
        if demand.takes[kind] > 0 and used.get(kind, 0) + demand.takes[kind] > limit
    )


def room(demand: Demand, used: Mapping[str, int], most: int) -> int:
    """How many of it fit, up to so many."""
    fitting = [
        max(limit - used.get(kind, 0), 0) // demand.takes[kind]
        for kind, limit in demand.bounded.items()
        if demand.takes[kind] > 0
    ]
    return min([most, *fitting])
