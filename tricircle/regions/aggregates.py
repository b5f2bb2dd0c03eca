# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""The central Nova's aggregates, which show availability zones to users.

No host is in them, for the central region has none. An aggregate of ours bears the
id of its pod, so that one that an operator made by hand is never taken for ours.
"""

from collections.abc import Mapping
from typing import Any

from tricircle.regions.errors import (
    AggregateTaken,
    Broken,
    Clash,
    NotThere,
    Refused,
    ServiceMissing,
)
from tricircle.regions.service import Service
from tricircle.regions.session import Regions

#: The metadata by which we know ours.
MARK = "tricircle_pod_id"
#: What we raise when nothing happened.
REFUSALS: tuple[type[Exception], ...] = (Refused, AggregateTaken, ServiceMissing)
#: How often one can lose a race before something else must be wrong.
_RACES = 3


class Aggregates:
    """The aggregates in the Nova of a region."""

    def __init__(self, regions: Regions) -> None:
        self._regions = regions

    def ensure(self, region: str, name: str, zone: str, pod_id: str) -> int:
        """Make sure of aggregate ``name`` with ``zone``, for a pod; return its id.

        May be repeated, also after a crash anywhere. An aggregate of ours with
        another zone gets this one; AggregateTaken if it is not ours. Any of the
        errors in ``errors``.
        """
        nova = self._regions.service(region, "compute")
        for _ in range(_RACES):
            found = _find(nova, name)
            try:
                aggregate = found or _create(nova, name, zone)
            except Clash:
                continue  # someone was faster
            if not _is_ours(aggregate, zone):
                raise AggregateTaken(
                    f"the central Nova has an aggregate {name} that Tricircle did not"
                    f" make; rename it, or delete it: `openstack aggregate delete"
                    f" {aggregate['id']}`"
                )
            return _adapt(nova, aggregate, zone, pod_id)
        raise Broken(f"aggregate {name} comes and goes in {nova.name}; try again")

    def remove(self, region: str, name: str, zone: str) -> None:
        """Make sure that no aggregate ``name`` of ours is left; may be repeated."""
        nova = self._regions.service(region, "compute")
        aggregate = _find(nova, name)
        if aggregate is None or not _is_ours(aggregate, zone):
            return
        try:
            nova.delete(f"/os-aggregates/{aggregate['id']}")
        except NotThere:
            return


def _find(nova: Service, name: str) -> dict[str, Any] | None:
    for aggregate in nova.get("/os-aggregates").get("aggregates", []):
        if aggregate["name"] == name:
            found: dict[str, Any] = aggregate
            return found
    return None


def _create(nova: Service, name: str, zone: str) -> dict[str, Any]:
    body = {"aggregate": {"name": name, "availability_zone": zone}}
    made: dict[str, Any] = nova.post("/os-aggregates", body)["aggregate"]
    return made


def _is_marked(aggregate: Mapping[str, Any]) -> bool:
    return MARK in (aggregate.get("metadata") or {}) and not aggregate.get("hosts")


def _is_ours(aggregate: Mapping[str, Any], zone: str) -> bool:
    """Say whether we made it; if we died before we could mark it, it has our zone."""
    if _is_marked(aggregate):
        return True
    others = set(aggregate.get("metadata") or {}) - {"availability_zone"}
    in_use = aggregate.get("hosts") or others
    return not in_use and aggregate.get("availability_zone") == zone


def _adapt(nova: Service, aggregate: Mapping[str, Any], zone: str, pod_id: str) -> int:
    path = f"/os-aggregates/{aggregate['id']}"
    wanted = {"availability_zone": zone, MARK: pod_id}
    known = aggregate.get("metadata") or {}
    if any(known.get(key) != value for key, value in wanted.items()):
        nova.post(f"{path}/action", {"set_metadata": {"metadata": wanted}})
    return int(aggregate["id"])
