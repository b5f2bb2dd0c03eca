# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""What is read of a router to plan it: the central region's word, and routes."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from tricircle.db.models import Pod, RouteState
from tricircle.network.interconnect import kinds
from tricircle.network.reach import Reach
from tricircle.network.reconcilers.router_external import ExternalNetworks
from tricircle.network.reconcilers.router_plan import (
    Gateway,
    Interface,
    StaticRoute,
    Subnet,
    View,
)
from tricircle.network.reconcilers.router_seats import addresses
from tricircle.pods import registry, routing
from tricircle.regions.network import Resource

#: The owner of a central router's interfaces.
INTERFACE_OWNER = "network:router_interface"


@dataclass(frozen=True)
class Reading:
    """A router as it was read: the plan's view, and the resources it came from."""

    router: Resource
    view: View
    ports: Mapping[str, Resource]
    subnets: Mapping[str, Resource]
    pods: Mapping[str, Pod]


class Reader:
    """Reads routers."""

    def __init__(self, reach: Reach) -> None:
        self._reach = reach
        self._external = ExternalNetworks(reach)

    def read(self, router: Resource) -> Reading:
        """Return a router as it is now. NotReachable if its gateway can be nowhere."""
        ports = self._ports(router["id"])
        subnets = self._found(
            "subnet", {one for port in ports for one in addresses(port)}
        )
        networks = self._found("network", {port["network_id"] for port in ports})
        pods = self._pods()
        hints = router.get("availability_zone_hints") or ()
        allowed = [pod.id for pod in pods if not hints or pod.az_name in hints]
        realised = self._realised(subnets)
        view = View(
            interfaces=tuple(map(_interface, ports)),
            subnets={
                subnet["id"]: Subnet(
                    subnet["id"],
                    subnet["cidr"],
                    _fit(networks[subnet["network_id"]], pods),
                )
                for subnet in subnets.values()
            },
            realised=realised,
            pods=tuple(allowed),
            gateway=self._gateway(router, realised),
            routes=tuple(
                StaticRoute(route["destination"], route["nexthop"])
                for route in router.get("routes") or ()
            ),
        )
        return Reading(
            router,
            view,
            {port["id"]: port for port in ports},
            subnets,
            {pod.id: pod for pod in pods},
        )

    def _ports(self, router_id: str) -> list[Resource]:
        found = self._reach.central.find(
            "port", device_id=router_id, device_owner=INTERFACE_OWNER
        )
        # In the order of their making, so that nothing moves when one more comes.
        found = [port for port in found if port["fixed_ips"]]
        return sorted(found, key=lambda p: (str(p.get("created_at")), str(p["id"])))

    def _found(self, kind: str, ids: Collection[str]) -> dict[str, Resource]:
        if not ids:
            return {}
        found = self._reach.central.find(kind, id=sorted(ids))
        return {one["id"]: one for one in found}

    def _pods(self) -> list[Pod]:
        return self._reach.database.retried_read(
            lambda session: registry.pods(session, with_central=False)
        )

    def _realised(self, subnets: Collection[str]) -> dict[str, frozenset[str]]:
        routes = self._reach.database.retried_read(
            lambda session: routing.find_many(session, "subnet", [*subnets])
        )
        found: dict[str, set[str]] = {}
        for route in routes:
            if route.state != RouteState.DELETING:
                found.setdefault(str(route.resource_id), set()).add(route.pod_id)
        return {subnet_id: frozenset(pods) for subnet_id, pods in found.items()}

    def _gateway(
        self, router: Resource, realised: Mapping[str, frozenset[str]]
    ) -> Gateway | None:
        info: Mapping[str, Any] | None = router.get("external_gateway_info")
        if not info or not realised:
            return None
        near = frozenset[str]().union(*realised.values())
        return Gateway(
            info["network_id"],
            self._external.place(info["network_id"], near),
            {
                ip["subnet_id"]: ip["ip_address"]
                for ip in info.get("external_fixed_ips") or ()
            },
            bool(info.get("enable_snat", True)),
        )


def _fit(network: Resource, pods: Iterable[Pod]) -> frozenset[str]:
    """Return the pods that may come to have a network."""
    if not kinds.of(network).spans_pods:
        return frozenset()
    hints = network.get("availability_zone_hints") or ()
    return frozenset(pod.id for pod in pods if not hints or pod.az_name in hints)


def _interface(port: Resource) -> Interface:
    return Interface(port["id"], port["network_id"], tuple(sorted(addresses(port))))
