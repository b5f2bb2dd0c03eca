# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""A router's bridge network in the central region: made, found, and removed.

Only the one job that plans a router calls this, so nobody else makes it meanwhile.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address, ip_network

from sqlalchemy.orm import Session

from tricircle.db.models import Pod, Route
from tricircle.jobs.queue import enqueue
from tricircle.network import translate
from tricircle.network.errors import Exhausted
from tricircle.network.reach import Reach
from tricircle.network.reconcilers.router_seats import Reservations, addresses
from tricircle.pods import registry, routing
from tricircle.regions.errors import Clash
from tricircle.regions.network import Resource

#: The routes' type: the resource is the router, the pod is the central region.
KIND = "bridge_network"
_SUBNETS = "subnets"


@dataclass(frozen=True)
class Bridge:
    """A bridge network, with its subnets by IP version."""

    network_id: str
    subnets: Mapping[int, str]


class Bridges:
    """The bridge networks of routers."""

    def __init__(self, reach: Reach) -> None:
        self._reach = reach
        self._ranges = reach.ranges
        self._reservations = Reservations(reach)

    def known(self, router_id: str) -> Bridge | None:
        """Return a router's bridge network, None if it has none."""
        network = self._network(router_id)
        return self._with_subnets(network["id"]) if network else None

    def ensure(self, router: Resource) -> Bridge:
        """Return a router's bridge network, made if there is none. Exhausted."""
        network = self._network(router["id"]) or self._make(router)
        bridge = self._with_subnets(network["id"])
        if len(bridge.subnets) < len(self._ranges.cidrs):
            self._make_subnets(network, bridge)
            bridge = self._with_subnets(network["id"])
        self._record(router, bridge)
        return bridge

    def seat(self, bridge: Bridge, router_id: str, pod: Pod) -> Mapping[int, str]:
        """Return a pod's addresses in the bridge network. Exhausted."""
        try:
            port = self._reservations.take(
                holder(router_id, pod),
                pod.name,
                bridge.network_id,
                bridge.subnets.values(),
            )
        except Clash as full:
            raise Exhausted(
                f"no address for {pod.name} is left in {', '.join(self._ranges.cidrs)}:"
                " make [network] bridge_cidrs wider"
            ) from full
        found = map(ip_address, addresses(port).values())
        return {address.version: str(address) for address in found}

    def remove(self, router_id: str) -> None:
        """Remove a router's bridge network, which no pod is on any more."""
        region = self._region()
        network = self._network(router_id)
        if network is not None:
            self._reach.central.delete("network", network["id"])

        def work(session: Session) -> None:
            for known in routing.find(session, KIND, router_id, region.id):
                gone = [("subnet", one) for one in known.details.get(_SUBNETS, ())]
                gone.append(("network", str(known.pod_resource_id)))
                for kind, one in gone:
                    for route in routing.find(session, kind, one):
                        enqueue(session, kind, one, route.pod_id, route.project_id)
                session.delete(known)

        self._reach.database.retried(work)

    def _network(self, router_id: str) -> Resource | None:
        found = self._reach.central.find("network", description=_mark(router_id))
        return min(found, key=lambda network: str(network["id"])) if found else None

    def _with_subnets(self, network_id: str) -> Bridge:
        subnets = self._reach.central.find("subnet", network_id=network_id)
        versions: dict[int, str] = {
            ip_network(one["cidr"]).version: one["id"] for one in subnets
        }
        return Bridge(network_id, versions)

    def _make(self, router: Resource) -> Resource:
        ranges = self._ranges
        taken: set[int] = {
            network["provider:segmentation_id"]
            for network in self._reach.central.find(
                "network", **{"provider:physical_network": ranges.physical_network}
            )
        }
        for vlan in ranges.free(taken):
            body = ranges.network_body(_name(router), _mark(router["id"]), vlan)
            try:
                return self._reach.central.create("network", body)
            except Clash:
                # Someone took it since we looked.
                continue
        raise Exhausted(
            f"all of {ranges} are taken, so router {router['id']} can't reach over"
            " pods: widen [network] bridge_vlans, or remove routers"
        )

    def _make_subnets(self, network: Resource, bridge: Bridge) -> None:
        bodies = self._ranges.subnet_bodies(network["name"], network["id"])
        for body in bodies:
            if body["ip_version"] not in bridge.subnets:
                self._reach.central.create("subnet", body)

    def _record(self, router: Resource, bridge: Bridge) -> None:
        """Let those who realise the network know what it is."""
        region = self._region()

        def work(session: Session) -> None:
            found = routing.find(session, KIND, router["id"], region.id)
            if [route.pod_resource_id for route in found] == [bridge.network_id]:
                return
            routing.learn(
                session,
                resource_type=KIND,
                resource_id=router["id"],
                pod_id=region.id,
                project_id=router["project_id"],
                pod_resource_id=bridge.network_id,
                details={_SUBNETS: sorted(bridge.subnets.values())},
            )

        self._reach.database.retried(work)

    def _region(self) -> Pod:
        return self._reach.database.retried_read(registry.central_region)


def is_bridge(reach: Reach, network_id: str) -> bool:
    """Whether a central network is a bridge network."""

    def work(session: Session) -> list[Route]:
        region = registry.central_region(session)
        return routing.find_by_pod_resources(session, KIND, region.id, [network_id])

    return bool(reach.database.retried_read(work))


def holder(router_id: str, pod: Pod) -> str:
    """Return who holds a pod's addresses for its east-west router."""
    return f"{pod.id}:{router_id}"


def _mark(router_id: str) -> str:
    return f"{translate.mark(router_id)}.bridge"


def _name(router: Resource) -> str:
    return f"bridge of {router['name'] or router['id']}"[:255]
