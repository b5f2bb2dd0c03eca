# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""What is known of a pod when one is chosen, as plain data.

What nobody has found out is None, and refuses nothing: the pod itself will say.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from tricircle.db.models import Health, Pod, PodState
from tricircle.pods.health import Condition


@dataclass(frozen=True)
class Capacity:
    """What is free in a pod, and what it has in total."""

    vcpus: int
    memory_mb: int
    disk_gb: int
    total_memory_mb: int


@dataclass(frozen=True)
class PodView:
    """A pod, as filters and weighers see it.

    ``projects`` is how many projects have it as their current pod. ``traits`` and
    ``resource_classes`` are Placement's, of all its hosts together. ``away`` are the
    services that do not answer, by their official types.
    """

    id: str
    name: str
    az_name: str
    pod_az_name: str = ""
    state: PodState = PodState.ACTIVE
    health: Health = Health.UP
    away: frozenset[str] = frozenset()
    projects: int = 0
    capacity: Capacity | None = None
    traits: frozenset[str] | None = None
    resource_classes: frozenset[str] | None = None
    physical_networks: frozenset[str] | None = None

    @classmethod
    def of(
        cls, pod: Pod, projects: int = 0, capacity: Capacity | None = None
    ) -> "PodView":
        """Return the view of a pod from its record.

        From ``capabilities`` it takes the lists ``traits`` and ``resource_classes``
        of ``placement``, and ``physical_networks`` of ``network``. ValueError for
        the central region, which is no pod.
        """
        if pod.az_name is None:
            raise ValueError(f"{pod.name} is the central region")
        placement = pod.capabilities.get("placement", {})
        network = pod.capabilities.get("network", {})
        return cls(
            id=pod.id,
            name=pod.name,
            az_name=pod.az_name,
            pod_az_name=pod.pod_az_name,
            state=PodState(pod.state),
            health=Health(pod.health),
            away=Condition.of(pod).away,
            projects=projects,
            capacity=capacity,
            traits=_names(placement, "traits"),
            resource_classes=_names(placement, "resource_classes"),
            physical_networks=_names(network, "physical_networks"),
        )


def _names(service: Mapping[str, Any], key: str) -> frozenset[str] | None:
    names: Iterable[str] | None = service.get(key)
    return None if names is None else frozenset(names)
