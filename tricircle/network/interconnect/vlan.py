# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""A VLAN of a physical network that reaches all pods."""

from collections.abc import Mapping
from typing import Any

from tricircle.regions.network import Resource

_SAME = (
    "provider:network_type",
    "provider:physical_network",
    "provider:segmentation_id",
)


class Vlan:
    """The same segment of the same physical network, in each pod."""

    spans_pods = True

    def provider(self, network: Resource) -> Mapping[str, Any]:
        """Return what the central network has."""
        return {name: network[name] for name in _SAME}
