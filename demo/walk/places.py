# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""What lived where: Tricircle's routes of what the walk made. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

from demo.walk.errors import Unexpected
from demo.walk.expectations import Check, Facts, pod_names
from demo.walk.reading import document, rows
from demo.walk.scene import GROUP, NETWORK, SUBNET, Scene, Zone

#: The fact that holds the operators' API's answer.
ROUTINGS = "routings"


@dataclass(frozen=True)
class Place:
    """A resource that the walk made, and its counterpart in a pod."""

    kind: str
    name: str
    id: str
    pod: str
    pod_id: str
    state: str


def places(facts: Facts, text: str | None = None) -> list[Place]:
    """Where the walk's things are: by the routes kept, or by those of ``text``."""
    ours = {
        value: key.removesuffix("_id")
        for key, value in facts.items()
        if key.endswith("_id")
    }
    pods = pod_names(facts)
    routings = document(facts.get(ROUTINGS, "{}") if text is None else text)
    if not isinstance(routings.get(ROUTINGS, []), list):
        raise Unexpected(f"the operators' API lists no routings: {routings}")
    found = [
        Place(
            route["resource_type"],
            ours[route["resource_id"]],
            route["resource_id"],
            pods.get(route["pod_id"], route["pod_id"]),
            route["pod_resource_id"] or "",
            route["state"],
        )
        for route in routings.get(ROUTINGS, [])
        if route["resource_id"] in ours
    ]
    return sorted(found, key=lambda place: (place.kind, place.name, place.pod))


def lived(scene: Scene) -> Check:
    """Servers and volumes have one pod, that of their zone; the network has all."""

    def check(text: str, facts: Facts) -> dict[str, str]:
        if ROUTINGS not in document(text):
            raise Unexpected(f"the operators' API lists no routings: {text.strip()}")
        found = places(facts, text)
        everywhere = [zone.pod for zone in scene.zones]
        for name in (NETWORK, SUBNET, GROUP):
            _compare(found, name, everywhere)
        for zone in scene.zones:
            for name in (zone.server, zone.volume, f"{zone.server}-port"):
                _compare(found, name, [zone.pod])
        return {ROUTINGS: text}

    return check


def _compare(found: Iterable[Place], name: str, wanted: list[str]) -> None:
    pods = sorted(place.pod for place in found if place.name == name)
    if pods != sorted(wanted):
        raise Unexpected(
            f"{name} has routes to {', '.join(pods) or 'no pod'}, "
            f"not to {', '.join(wanted)}"
        )


def forgotten(text: str, facts: Facts) -> dict[str, str]:
    """No route leads to what the walk made."""
    if ROUTINGS not in document(text):
        raise Unexpected(f"the operators' API lists no routings: {text.strip()}")
    left = [f"{place.kind} {place.name}" for place in places(facts, text)]
    if left:
        raise Unexpected(f"Tricircle still has routes to {', '.join(left)}")
    return {}


def holds_none(scene: Scene, zone: Zone) -> Check:
    """A list of a pod has nothing in it that the walk made, by id or by name."""

    def check(text: str, facts: Facts) -> dict[str, str]:
        ids = {place.pod_id for place in places(facts) if place.pod == zone.pod}
        left = [
            row.get("Name") or row["ID"]
            for row in rows(text)
            if row["ID"] in ids or row.get("Name") in scene.names
        ]
        if left:
            raise Unexpected(f"{zone.pod} still holds {', '.join(left)}")
        return {}

    return check
