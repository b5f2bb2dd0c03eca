# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Neutrons in memory that have routers and floating IPs, with Neutron's refusals."""

from collections.abc import Mapping, Sequence
from ipaddress import ip_address, ip_network
from typing import Any

from tests.unit.tricircle.network.fake import Accidents, Neutron, Neutrons
from tricircle.regions.errors import Clash, NotThere, Refused
from tricircle.regions.network import Resource

INTERFACE = "network:router_interface"
_ROUTER: dict[str, Any] = {
    "name": "",
    "description": "",
    "admin_state_up": True,
    "external_gateway_info": None,
    "routes": [],
}
_FLOATING: dict[str, Any] = {
    "description": "",
    "port_id": None,
    "fixed_ip_address": None,
    "router_id": None,
    "port_forwardings": [],
}


class RouterNeutron(Neutron):
    """One region's Neutron; of ``half_attached`` ports no router knows."""

    def __init__(self, name: str, accidents: Accidents) -> None:
        super().__init__(name, accidents)
        self.half_attached: set[str] = set()

    def find(self, kind: str, **filters: str | Sequence[str]) -> list[Resource]:
        """As ``NetworkClient`` says."""
        wanted = dict(part.split("=") for part in filters.pop("fixed_ips", ()))
        external = filters.pop("router:external", None)
        found = super().find(kind, **filters)
        if external is not None:
            found = [
                one
                for one in found
                if str(bool(one.get("router:external"))) == external
            ]
        if wanted:
            found = [one for one in found if _has(one, wanted)]
        return found

    def update(
        self,
        kind: str,
        resource_id: str,
        changes: Mapping[str, Any],
        *,
        revision: int | None = None,
    ) -> Resource:
        """As ``NetworkClient`` says."""
        if kind == "subnet" and "gateway_ip" in changes:
            self._check_gateway(resource_id, changes["gateway_ip"])
        if kind == "router":
            self._check_routes({**self._there(kind, resource_id), **changes})
            if "external_gateway_info" in changes:
                self._check_way_out(changes["external_gateway_info"] or {})
                changes = dict(changes)
                changes["external_gateway_info"] = (
                    changes["external_gateway_info"] or None
                )
        if kind == "floatingip":
            self._check_floatingip({**self._there(kind, resource_id), **changes})
        return super().update(kind, resource_id, changes, revision=revision)

    def act(
        self, kind: str, resource_id: str, action: str, body: Mapping[str, Any]
    ) -> Resource:
        """As ``NetworkClient`` says."""
        if kind != "router":
            return super().act(kind, resource_id, action, body)
        with self._accidents.around(), self._lock:
            self.calls += 1
            router = self._there("router", resource_id)
            port = self._there("port", body["port_id"])
            if action == "add_router_interface":
                self._attach(router, port)
            else:
                self._detach(router, port)
            return {"port_id": port["id"]}

    def _shown(self, kind: str, one: Resource) -> Resource:
        shown = super()._shown(kind, one)
        if kind == "network":
            subnets = self._resources["subnet"].values()
            there = [s["id"] for s in subnets if s["network_id"] == one["id"]]
            shown["subnets"] = there
        return shown

    def _attach(self, router: Resource, port: Resource) -> None:
        if port["device_id"]:
            raise Clash("PortInUse", 409)
        here = {ip["subnet_id"] for ip in port["fixed_ips"]}
        for other in self._interfaces(router["id"]):
            if here & {ip["subnet_id"] for ip in other["fixed_ips"]}:
                raise Refused("the router has a port in the subnet", 400)
        port |= {"device_id": router["id"], "device_owner": INTERFACE}

    def _detach(self, router: Resource, port: Resource) -> None:
        if port["device_id"] != router["id"] or port["id"] in self.half_attached:
            raise NotThere("RouterInterfaceNotFound", 404)
        for ip in port["fixed_ips"]:
            cidr = ip_network(self._there("subnet", ip["subnet_id"])["cidr"])
            if any(ip_address(one["nexthop"]) in cidr for one in router["routes"]):
                raise Clash("RouterInterfaceInUseByRoute", 409)
            for floating in self._resources["floatingip"].values():
                if ip_address(floating["fixed_ip_address"] or "0.0.0.0") in cidr:  # noqa: S104
                    raise Clash("RouterInterfaceInUseByFloatingIP", 409)
        del self._resources["port"][port["id"]]

    def _interfaces(self, router_id: str) -> list[Resource]:
        return [
            port
            for port in self._resources["port"].values()
            if port["device_id"] == router_id and port["device_owner"] == INTERFACE
        ]

    def _make(self, kind: str, body: Mapping[str, Any]) -> Resource:
        defaults = {"router": _ROUTER, "floatingip": _FLOATING}.get(kind, {})
        return super()._make(kind, {**defaults, **body})

    def _check_network(self, made: Resource) -> None:
        if made["provider:network_type"] != "vlan":
            made.setdefault("provider:segmentation_id", None)
        if made["provider:network_type"] == "flat":
            for other in self._resources["network"].values():
                same = other["provider:network_type"] == "flat"
                name = "provider:physical_network"
                if same and other[name] == made[name]:
                    raise Clash("FlatNetworkInUse", 409)
        super()._check_network(made)

    def _check_router(self, made: Resource) -> None:
        self._check_routes(made)

    def _check_routes(self, router: Resource) -> None:
        connected = [
            self._there("subnet", ip["subnet_id"])["cidr"]
            for port in self._interfaces(router["id"])
            for ip in port["fixed_ips"]
        ]
        info = router["external_gateway_info"] or {}
        for ip in info.get("external_fixed_ips", ()):
            connected.append(self._there("subnet", ip["subnet_id"])["cidr"])
        for route in router["routes"]:
            nexthop = ip_address(route["nexthop"])
            if not any(nexthop in ip_network(cidr) for cidr in connected):
                raise Refused("the nexthop is not connected with router", 400)

    def _check_way_out(self, info: Mapping[str, Any]) -> None:
        for port in self._resources["port"].values():
            if any(
                ip in port["fixed_ips"] for ip in info.get("external_fixed_ips", ())
            ):
                raise Clash("IpAddressAlreadyAllocated", 409)

    def _check_gateway(self, subnet_id: str, address: str | None) -> None:
        there = self._there("subnet", subnet_id)["gateway_ip"]
        held = {"subnet_id": subnet_id, "ip_address": there}
        for port in self._resources["port"].values():
            if address != there and port["device_owner"] == INTERFACE:
                if held in port["fixed_ips"]:
                    raise Clash("GatewayIpInUse", 409)

    def _check_floatingip(self, made: Resource) -> None:
        for other in self._resources["floatingip"].values():
            same = other["floating_ip_address"] == made["floating_ip_address"]
            if same and other["id"] != made["id"]:
                raise Clash("IpAddressInUse", 409)
        for port in self._resources["port"].values():
            held = {ip["ip_address"] for ip in port["fixed_ips"]}
            if port["device_id"] == "PENDING" and made["floating_ip_address"] in held:
                raise Clash("IpAddressAlreadyAllocated", 409)
        if made["port_id"] is None:
            return
        subnets = {
            ip["subnet_id"] for ip in self._there("port", made["port_id"])["fixed_ips"]
        }
        for router in self._resources["router"].values():
            info = router["external_gateway_info"] or {}
            if info.get("network_id") == made["floating_network_id"]:
                for port in self._interfaces(router["id"]):
                    if subnets & {ip["subnet_id"] for ip in port["fixed_ips"]}:
                        return
        raise NotThere("ExternalGatewayForFloatingIPNotFound", 404)

    def _refuse_if_used(self, kind: str, resource_id: str) -> None:
        super()._refuse_if_used(kind, resource_id)
        if kind == "router" and self._interfaces(resource_id):
            raise Clash("RouterInUse", 409)
        for router in self._resources["router"].values():
            info = router["external_gateway_info"] or {}
            if kind == "network" and info.get("network_id") == resource_id:
                raise Clash("NetworkInUse", 409)
            ips = info.get("external_fixed_ips", ())
            if kind == "subnet" and resource_id in {ip["subnet_id"] for ip in ips}:
                raise Clash("SubnetInUse", 409)


class RouterNeutrons(Neutrons):
    """The regions' Neutrons, which share their accidents."""

    def network(self, region: str) -> Neutron:
        """Return the Neutron of a region."""
        made = RouterNeutron(region, self.accidents)
        return self._regions.setdefault(region, made)


def _has(port: Resource, address: Mapping[str, str]) -> bool:
    return any(address.items() <= ip.items() for ip in port["fixed_ips"])
