# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""What does not agree, and the words for it. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from tricircle.network import translate
from tricircle.network.members import KIND as MEMBERS
from tricircle.network.reconcilers.router import EastWestReconciler, router_id
from tricircle.regions.network import Resource


class Sort(StrEnum):
    """How something does not agree."""

    MISSING = "missing"
    """The route leads to nothing: the pod has no such replica (any more)."""

    STRAY = "stray"
    """A pod has a replica, by its mark, to which no route leads."""

    ORPHAN = "orphan"
    """The central resource is no more, but its route is."""

    DIFFERS = "differs"
    """The replica, or what the central region shows of it, is not as it shall be."""

    UNFINISHED = "unfinished"
    """It is being made or removed, or was when whoever did it died."""

    BEHIND = "behind"
    """A change was not followed yet, or what it rests on is not there."""

    UNKNOWN = "unknown"
    """It can't be told: a region does not answer, or can't have it."""


@dataclass(frozen=True)
class Drift:
    """One thing that does not agree.

    ``kind`` and ``resource_id`` are those of the job that mends it; ``pod_id`` is None
    for what is about no pod. ``pod_resource_id`` is the replica, where one is known.
    """

    sort: Sort
    kind: str
    resource_id: str
    pod_id: str | None
    pod: str
    project_id: str
    pod_resource_id: str | None = None
    detail: str = ""

    def shown(self) -> dict[str, str | None]:
        """Return what operators see of it."""
        return {
            "pod": self.pod,
            "kind": self.kind,
            "resource_id": self.resource_id,
            "pod_resource_id": self.pod_resource_id,
            "project_id": self.project_id,
            "drift": self.sort.value,
            "detail": self.detail,
        }


def updated(
    kind: str, changes: Mapping[str, Any], present: Mapping[str, Any]
) -> Iterable[str]:
    """Yield what an update would change of ``present``."""
    for name, wanted in changes.items():
        yield f"{kind}: {name} is {present.get(name)!r}, not {wanted!r}"


#: Neutron's kinds that can have marks, with the kinds of the jobs about them.
NOUNS: Mapping[str, str] = {
    "network": "network",
    "subnet": "subnet",
    "security_group": "security_group",
    "address_group": "address_group",
    "qos/policy": "qos_policy",
    "port": "port",
    "router": "router",
    "floatingip": "floatingip",
}

#: What a Neutron must have for some of them.
EXTENSIONS: Mapping[str, str] = {
    "address_group": "address-group",
    "qos/policy": "qos",
}


def replica_of(noun: str, there: Resource) -> tuple[str, str] | None:
    """Return the routes' type and the central id of what a pod has; None if no replica.

    A router's interface is none: it is a part of the router.
    """
    central = translate.marked(there) or translate.described(there)
    if central is None:
        return None
    if noun == "port" and central.endswith(".if"):
        return None
    if noun == "router" and router_id(central) != central:
        return EastWestReconciler.kind, central
    if noun == "address_group" and there["name"] == translate.members_name(central):
        return MEMBERS, central
    return NOUNS[noun], central


def job_of(type_: str, resource_id: str) -> tuple[str, str]:
    """Return the kind and the resource of the job that looks after a route."""
    if type_ == EastWestReconciler.kind:
        return "router", router_id(resource_id)
    return type_, resource_id
