# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""What pods need of the world outside; ``tricircle.regions`` has it."""

from collections.abc import Mapping
from typing import Any, Protocol

from tricircle.regions.probe import Report


class Prober(Protocol):
    """Finds out what a region can; see ``regions.probe``."""

    def probe(self, region: str, *, pod_az_name: str = "") -> Mapping[str, Any]:
        """Return what the region's services can; raise if it is not fit."""
        ...

    def look(self, region: str) -> Report:
        """Return which services answer; raise if nothing could be learned."""
        ...


class Aggregates(Protocol):
    """Shows zones to users; see ``regions.aggregates``."""

    def ensure(self, region: str, name: str, zone: str, pod_id: str) -> int:
        """Make sure of the aggregate, and return its id; may be repeated."""
        ...

    def remove(self, region: str, name: str, zone: str) -> None:
        """Make sure that it is gone; may be repeated."""
        ...
