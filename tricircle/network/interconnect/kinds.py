# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Which driver carries which type of network."""

from collections.abc import Mapping

from tricircle.network.interconnect.base import Interconnect, Local
from tricircle.network.interconnect.vlan import Vlan
from tricircle.regions.network import Resource

DRIVERS: Mapping[str, Interconnect] = {"vlan": Vlan()}
_LOCAL = Local()


def of(network: Resource) -> Interconnect:
    """Return what carries a central network."""
    return DRIVERS.get(network["provider:network_type"], _LOCAL)
