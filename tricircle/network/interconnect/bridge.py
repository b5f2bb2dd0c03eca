# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Bridge networks: what carries a router's traffic between pods.

Each router that reaches over pods has one of its own, a VLAN of a range kept for that,
so what two projects send never meets. For the same reason all of them have the same
addresses. It is a network of the operator in the central region, which hands out an
address to each pod; pods show it as an external network, the gateway of a router.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from ipaddress import ip_network
from typing import Any

from oslo_config import cfg

from tricircle.conf import network as network_conf


@dataclass(frozen=True)
class Ranges:
    """What the operator keeps for routers; ``tricircle.conf.network`` tells more."""

    physical_network: str = "dcivlan"
    first_vlan: int = 2000
    last_vlan: int = 2999
    cidrs: tuple[str, ...] = ("100.65.0.0/24", "fd65:6b72:6964:6765::/64")
    external_physical_network: str = "external"

    @classmethod
    def of(cls, conf: cfg.ConfigOpts) -> "Ranges":
        """Return what section ``[network]`` says."""
        section = conf[network_conf.GROUP]
        first, last = map(int, section.bridge_vlans.split(":"))
        physical = section.bridge_physical_network
        uplink = section.external_physical_network
        return cls(physical, first, last, tuple(section.bridge_cidrs), uplink)

    def free(self, taken: Collection[int]) -> Iterator[int]:
        """Yield the VLANs that nobody has, the lowest first."""
        for vlan in range(self.first_vlan, self.last_vlan + 1):
            if vlan not in taken:
                yield vlan

    def network_body(self, name: str, mark: str, vlan: int) -> dict[str, Any]:
        """Return the body of a bridge network; the mark tells whose it is."""
        return {
            "name": name,
            "description": mark,
            "provider:network_type": "vlan",
            "provider:physical_network": self.physical_network,
            "provider:segmentation_id": vlan,
            "port_security_enabled": False,
        }

    def subnet_bodies(self, name: str, network_id: str) -> list[dict[str, Any]]:
        """Return the bodies of a bridge network's subnets, one for each family."""
        return [
            {
                "name": name,
                "network_id": network_id,
                "cidr": cidr,
                "ip_version": ip_network(cidr).version,
                "enable_dhcp": False,
                "gateway_ip": None,
            }
            for cidr in self.cidrs
        ]

    def __str__(self) -> str:
        return f"VLANs {self.first_vlan} to {self.last_vlan} of {self.physical_network}"
