# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""A router in a pod: its interfaces, gateway and routes are made as they shall be.

The order is Neutron's: a route needs the subnet or the gateway that its nexthop is
in, so routes go first and come last. What shall stay is never interrupted, unless an
address of an interface changes.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tricircle.network.reconcilers.room import disown
from tricircle.network.reconcilers.router_plan import StaticRoute
from tricircle.network.reconcilers.router_seats import addresses
from tricircle.regions.errors import Clash, NotThere
from tricircle.regions.network import NetworkClient, Resource

#: Who interfaces belong to, by what the pod's routers are made of.
_OWNERS = (
    "network:router_interface",
    "network:router_interface_distributed",
    "network:ha_router_replicated_interface",
)
_GATEWAY = "network:router_gateway"
#: The name of a port that is being attached: if Neutron dies meanwhile, the port may
#: say that it is the router's, which has no such interface. Nothing else tells.
_ATTACHING = "being attached"
#: Addresses with their subnets: what tells one interface from another.
_Key = frozenset[tuple[str, str]]


@dataclass(frozen=True)
class Joint:
    """An interface that a pod's router shall have; all ids are the pod's.

    ``is_automatic``: addresses in the subnet follow from MACs, so that Neutron takes
    the subnet only, of which the address is the gateway.
    """

    network_id: str
    addresses: Mapping[str, str]
    mac_address: str | None = None
    is_automatic: bool = False


@dataclass(frozen=True)
class Shape:
    """What a pod's router shall be; all ids are the pod's.

    ``gateways`` are the gateway addresses that subnets shall have before the router
    joins them.
    """

    joints: tuple[Joint, ...] = ()
    gateway: Mapping[str, Any] | None = None
    routes: frozenset[StaticRoute] = frozenset()
    gateways: Mapping[str, str] = field(default_factory=dict)


class PodRouter:
    """One router of a pod; its interfaces bear ``mark``."""

    def __init__(
        self, neutron: NetworkClient, router_id: str, mark: str, project_id: str
    ) -> None:
        self._neutron = neutron
        self._id = router_id
        self._mark = mark
        self._project_id = project_id

    def agree(self, shape: Shape) -> None:
        """Make the router as it shall be. RegionsError."""
        router = self._neutron.get("router", self._id)
        there = _routes(router)
        present = {
            _key(addresses(port)): port
            for port in self._attached()
            if port["name"] != _ATTACHING or self._is_attached(port)
        }
        wanted = {_key(joint.addresses): joint for joint in shape.joints}
        surplus = {key: port for key, port in present.items() if key not in wanted}
        missing = {key: one for key, one in wanted.items() if key not in present}
        clashing = _clashing(surplus, missing)

        there = self._keep_routes(there, frozenset() if clashing else shape.routes)
        for key in clashing:
            self._detach(surplus.pop(key))
        self._give_gateways(shape.gateways)
        self._attach_all(missing)
        self._set_gateway(router, shape.gateway)
        if there != shape.routes:
            self._set_routes(shape.routes)
        for port in surplus.values():
            self._detach(port)

    def dismantle(self) -> None:
        """Take everything off the router, so that it can be deleted."""
        self.agree(Shape())
        self._free_gateways()

    def _attached(self) -> list[Resource]:
        return self._neutron.find("port", device_id=self._id, device_owner=_OWNERS)

    def _is_attached(self, port: Resource) -> bool:
        """Find out about a port in doubt; if it is not in use, it is taken off."""
        try:
            self._detach(port)
        except Clash:
            self._neutron.update("port", port["id"], {"name": ""})
            return True
        return False

    def _keep_routes(
        self, there: frozenset[StaticRoute], wanted: frozenset[StaticRoute]
    ) -> frozenset[StaticRoute]:
        kept = there & wanted
        if kept != there:
            self._set_routes(kept)
        return kept

    def _set_routes(self, routes: frozenset[StaticRoute]) -> None:
        shown = [
            {"destination": route.destination, "nexthop": route.nexthop}
            for route in sorted(routes)
        ]
        self._neutron.update("router", self._id, {"routes": shown})

    def _give_gateways(self, gateways: Mapping[str, str]) -> None:
        if not gateways:
            return
        for subnet in self._neutron.find("subnet", id=sorted(gateways)):
            address = gateways[subnet["id"]]
            if subnet["gateway_ip"] != address:
                self._neutron.update("subnet", subnet["id"], {"gateway_ip": address})

    def _attach_all(self, missing: Mapping[_Key, Joint]) -> None:
        # Someone may have died between making a port and attaching it.
        loose = {
            _key(addresses(port)): port
            for port in self._neutron.find("port", description=self._mark)
            if not port["device_id"]
        }
        for key, joint in missing.items():
            if joint.is_automatic:
                for subnet_id in joint.addresses:
                    self._attach({"subnet_id": subnet_id})
                continue
            port = loose.pop(key, None) or self._make_port(joint)
            self._attach({"port_id": port["id"]})
            self._neutron.update("port", port["id"], {"name": ""})
        for port in loose.values():
            self._neutron.delete("port", port["id"])

    def _make_port(self, joint: Joint) -> Resource:
        body: dict[str, Any] = {
            "project_id": self._project_id,
            "network_id": joint.network_id,
            "fixed_ips": [
                {"subnet_id": subnet_id, "ip_address": address}
                for subnet_id, address in sorted(joint.addresses.items())
            ],
            # It is no member of anyone's default group.
            "security_groups": [],
            "name": _ATTACHING,
            # Its mark: what Neutron would not heed in a create is a tag.
            "description": self._mark,
        }
        if joint.mac_address is not None:
            body["mac_address"] = joint.mac_address
        return self._neutron.create("port", body)

    def _attach(self, interface: Mapping[str, str]) -> None:
        self._neutron.act("router", self._id, "add_router_interface", interface)

    def _detach(self, port: Resource) -> None:
        interface = {"port_id": port["id"]}
        try:
            self._neutron.act("router", self._id, "remove_router_interface", interface)
        except NotThere:
            # A Neutron that died while it attached the port knows of no interface.
            disown(self._neutron, port)

    def _set_gateway(self, router: Resource, wanted: Mapping[str, Any] | None) -> None:
        if _gateway(router.get("external_gateway_info")) == _gateway(wanted):
            return
        change = {"external_gateway_info": dict(wanted or {})}
        try:
            self._neutron.update("router", self._id, change)
        except Clash:
            if router.get("external_gateway_info") or not self._free_gateways():
                raise
            self._neutron.update("router", self._id, change)

    def _free_gateways(self) -> bool:
        """Delete what Neutron left of a gateway if it died while it made it.

        The port has the address that the gateway shall have. Return whether there was
        one; call it only if the router has no gateway.
        """
        left = self._neutron.find("port", device_id=self._id, device_owner=_GATEWAY)
        for port in left:
            disown(self._neutron, port)
        return bool(left)


def _key(found: Mapping[str, str]) -> _Key:
    return frozenset(found.items())


def _clashing(present: Iterable[_Key], missing: Iterable[_Key]) -> list[_Key]:
    """Return the interfaces in whose subnets others shall be: they go first."""
    wanted = {subnet_id for key in missing for subnet_id, _ in key}
    return [key for key in present if wanted & {subnet_id for subnet_id, _ in key}]


def _routes(router: Resource) -> frozenset[StaticRoute]:
    return frozenset(
        StaticRoute(route["destination"], route["nexthop"])
        for route in router.get("routes") or ()
    )


def _gateway(info: Mapping[str, Any] | None) -> object:
    if not info:
        return None
    ips = frozenset(ip["ip_address"] for ip in info.get("external_fixed_ips") or ())
    return info["network_id"], bool(info.get("enable_snat", True)), ips
