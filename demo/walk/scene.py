# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Where a walk takes place, and what its things are called. Pure data.

What the walk makes bears :data:`MARK` where there is room for it, so that the next
walk knows what a walk that was killed has left behind.
"""

from dataclasses import dataclass

from lab.topology import Topology

#: The description of what the walk made, or a property's value.
MARK = "made by make demo"
#: The property of servers that holds the mark.
MARK_PROPERTY = "purpose"

#: Clouds of ``clouds.yaml``: an ordinary user's and the operator's.
USER = "demo"
OPERATOR = "admin"

NETWORK = "net1"
SUBNET = "subnet1"
CIDR = "10.0.0.0/24"
GROUP = "admit-ping"
# These have no room for a mark: their names are the mark.
FLAVOR = "make-demo"
KEY = "make-demo"
IMAGE = "lab"


@dataclass(frozen=True)
class Zone:
    """An availability zone with its pod, and what the walk makes there.

    ``cloud`` is the pod's own entry in ``clouds.yaml``.
    """

    pod: str
    cloud: str
    number: int

    @property
    def az(self) -> str:
        """What the users choose."""
        return f"az{self.number}"

    @property
    def dc(self) -> str:
        """The data centre that the pod is said to be in."""
        return f"dc{self.number}"

    @property
    def aggregate(self) -> str:
        """The aggregate that Tricircle makes for the pod."""
        return f"ag_{self.pod}"

    @property
    def server(self) -> str:
        """The server of this zone."""
        return f"vm{self.number}"

    @property
    def volume(self) -> str:
        """The volume of this zone."""
        return f"vol{self.number}"


@dataclass(frozen=True)
class Scene:
    """A central region and the zones of its pods."""

    central: str
    zones: tuple[Zone, ...]

    @property
    def servers(self) -> tuple[str, ...]:
        """The names of all servers."""
        return tuple(zone.server for zone in self.zones)

    @property
    def volumes(self) -> tuple[str, ...]:
        """The names of all volumes."""
        return tuple(zone.volume for zone in self.zones)

    @property
    def names(self) -> frozenset[str]:
        """The names that must be free, in the central region and in the pods."""
        return frozenset({NETWORK, SUBNET, GROUP, *self.servers, *self.volumes})


def scene(topology: Topology) -> Scene:
    """Where a walk on the lab takes place."""
    return Scene(
        topology.central.name,
        tuple(Zone(pod.name, pod.slug, pod.number) for pod in topology.pods),
    )
