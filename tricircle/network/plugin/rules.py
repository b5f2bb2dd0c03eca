# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""What cannot be realised in pods, and is refused before it is stored.

Each rule takes resources as Neutron shows them, and raises NotRealisable.
"""

from collections.abc import Iterable, Mapping
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any

from neutron_lib import exceptions

_SEGMENT = (
    "provider:network_type",
    "provider:physical_network",
    "provider:segmentation_id",
)


class NotRealisable(exceptions.BadRequest):
    """It would work in no pod; a 400 for the user."""

    message = "%(reason)s"


def check_network(network: Mapping[str, Any]) -> None:
    """A network is one segment: the same one in each pod."""
    if network.get("segments"):
        raise NotRealisable(
            reason=f"Network {network['id']} has several segments, which are not"
            " carried between pods; make one network for each."
        )


def check_network_update(
    original: Mapping[str, Any], network: Mapping[str, Any]
) -> None:
    """A network keeps its segment: servers in all pods are on it."""
    for name in _SEGMENT:
        if original.get(name) != network.get(name):
            raise NotRealisable(
                reason=f"{name} of network {network['id']} can't change, for pods"
                " carry the network by it; make another network."
            )


def check_subnet(subnet: Mapping[str, Any]) -> None:
    """A subnet is for the whole network, in each pod."""
    if subnet.get("segment_id"):
        raise NotRealisable(
            reason=f"Subnet {subnet['id']} belongs to a segment, and networks have one"
            " segment only here; leave segment_id out."
        )


def check_interface(subnet: Mapping[str, Any], bridge_cidrs: Iterable[str]) -> None:
    """A router's subnets and its bridge network must not overlap."""
    own = ip_network(subnet["cidr"])
    for bridge in map(ip_network, bridge_cidrs):
        if _overlap(own, bridge):
            raise NotRealisable(
                reason=f"Subnet {subnet['id']} ({own}) overlaps {bridge}, by which"
                " routers reach other pods; use other addresses for it."
            )


def _overlap(one: IPv4Network | IPv6Network, other: IPv4Network | IPv6Network) -> bool:
    return one.version == other.version and one.overlaps(other)
