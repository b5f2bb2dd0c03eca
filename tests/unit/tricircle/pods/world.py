# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""The world outside, as ``membership`` knows it: regions, and the central Nova."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tricircle.regions.errors import (
    AggregateTaken,
    RegionNotFound,
    Unreachable,
    ZoneUnknown,
)
from tricircle.regions.probe import Report

CAPABILITIES: Mapping[str, Any] = {
    "compute": {"version": "2.1", "max_microversion": "2.104"},
    "network": {"extensions": ["agent", "router"]},
}


class Crash(BaseException):
    """The process dies."""


@dataclass
class World:
    """Keystone's regions, some of which are down, and aggregates: name -> zone.

    ``fails`` are raised by the next calls for an aggregate: before they have their
    effect, or after it. ``failures`` are the services that do not answer a look.
    """

    regions: set[str] = field(
        default_factory=lambda: {"RegionOne", "RegionTwo", "Pod1", "Pod2", "Down"}
    )
    zones: tuple[str, ...] = ("nova",)
    aggregates: dict[str, str] = field(default_factory=dict)
    taken: set[str] = field(default_factory=set)
    probed: list[str] = field(default_factory=list)
    fails_before: list[BaseException] = field(default_factory=list)
    fails_after: list[BaseException] = field(default_factory=list)
    capabilities: Mapping[str, Any] = field(default_factory=lambda: CAPABILITIES)
    failures: dict[str, str] = field(default_factory=dict)

    def probe(self, region: str, *, pod_az_name: str = "") -> Mapping[str, Any]:
        self.probed.append(region)
        if region not in self.regions:
            raise RegionNotFound(f"Keystone has no region {region}")
        if region == "Down":
            raise Unreachable(f"compute in {region} can't be reached")
        if pod_az_name and pod_az_name not in self.zones:
            raise ZoneUnknown(
                f"Nova in {region} has no availability zone {pod_az_name}"
            )
        return self.capabilities

    def look(self, region: str) -> Report:
        self.probed.append(region)
        return Report(
            {
                type_: facts
                for type_, facts in self.capabilities.items()
                if type_ not in self.failures
            },
            {type_: Unreachable(text) for type_, text in self.failures.items()},
        )

    def ensure(self, region: str, name: str, zone: str, pod_id: str) -> int:
        assert region == "RegionOne"
        self._fail(self.fails_before)
        if name in self.taken:
            raise AggregateTaken(f"the aggregate {name} is someone else's")
        self.aggregates[name] = zone
        self._fail(self.fails_after)
        return len(name)

    def remove(self, region: str, name: str, zone: str) -> None:
        assert region == "RegionOne"
        self._fail(self.fails_before)
        self.aggregates.pop(name, None)
        self._fail(self.fails_after)

    def _fail(self, faults: list[BaseException]) -> None:
        if faults:
            raise faults.pop(0)
