# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""What a boot stands on: a network and a security group, and who is asked for it.

All of it bears a mark. A replica has the description of its central resource, so what
was made in a pod itself bears another one: that alone may be removed there.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from demo.walk.clouds import Clouds, answering
from demo.walk.leftovers import Leftover, marked
from demo.walk.scene import OPERATOR, USER, Zone

#: What was made through Tricircle is described so.
MARK = "made by make boots"
#: Everything's name; of the flavor, which has no description, it is the mark.
NAME = "make-boots"
_CIDR = "10.0.0.0/24"


@dataclass(frozen=True)
class Way:
    """Who is asked for a server in a pod: Tricircle, or the pod itself.

    ``cloud`` is the user's in ``clouds.yaml``, ``az`` the zone to choose there. What
    is made bears ``mark``.
    """

    cloud: str
    mark: str
    az: str | None = None


def through(zone: Zone) -> Way:
    """By Tricircle."""
    return Way(USER, MARK, zone.az)


def itself(zone: Zone) -> Way:
    """By the pod's own APIs."""
    return Way(f"{zone.cloud}-{USER}", f"{MARK} in {zone.pod} itself")


@dataclass(frozen=True)
class Ground:
    """A network and a security group, by their ids there."""

    way: Way
    network: str
    group: str


def make(clouds: Clouds, way: Way) -> Ground:
    """Make both; WalkError."""
    with answering(f"making a network for {way.cloud}"):
        network = clouds[way.cloud].network
        made = network.create_network(name=NAME, description=way.mark)
        network.create_subnet(network_id=made.id, name=NAME, ip_version=4, cidr=_CIDR)
        group = network.create_security_group(name=NAME, description=way.mark)
        network.create_security_group_rule(
            security_group_id=group.id,
            direction="ingress",
            ether_type="IPv4",
            protocol="icmp",
        )
    return Ground(way, str(made.id), str(group.id))


def make_flavor(clouds: Clouds) -> str:
    """Make the flavor of all servers, which pods get from Tricircle; return its id."""
    with answering("making a flavor"):
        compute = clouds[OPERATOR].compute
        return str(compute.create_flavor(name=NAME, ram=64, vcpus=1, disk=1).id)


def left(clouds: Clouds, zones: Sequence[Zone]) -> list[Leftover]:
    """What there is of boots; a replica is gone once Tricircle has removed it."""
    return [*_marked(clouds, zones), *_replicas(clouds, zones)]


def left_at_all(clouds: Clouds, zones: Sequence[Zone]) -> list[Leftover]:
    """The same, and the flavor."""
    return [*left(clouds, zones), *_flavors(clouds)]


def _marked(clouds: Clouds, zones: Sequence[Zone]) -> Iterator[Leftover]:
    for way in (Way(USER, MARK), *map(itself, zones)):
        yield from marked(clouds[way.cloud], way.mark)


def _replicas(clouds: Clouds, zones: Sequence[Zone]) -> Iterator[Leftover]:
    for zone in zones:
        network = clouds[itself(zone).cloud].network
        for kind, found in (
            ("network", network.networks(description=MARK)),
            ("security group", network.security_groups(description=MARK)),
        ):
            for one in found:
                yield Leftover(f"{zone.pod}'s replica of {kind}", one.name, _wait)


def _wait() -> None:
    """Replicas are Tricircle's to remove."""


def _flavors(clouds: Clouds) -> Iterator[Leftover]:
    compute = clouds[OPERATOR].compute
    for flavor in compute.flavors(is_public=None):
        if flavor.name == NAME:
            yield Leftover("flavor", NAME, partial(compute.delete_flavor, flavor))
