# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""What of a router shall be in which pods. Pure: nothing here talks to anyone.

A router is where its subnets are. In each of these pods it has a replica that serves
the subnets there. What is elsewhere is reached by a second, *east-west* router, which
joins the router's bridge network as its gateway, without SNAT; they meet in a subnet
of the pod, the *transit*. The external network is in one pod: the others reach it over
a subnet that they share with that pod, or over the bridge network if they share none::

    subnet --- replica (gateway: external network)        replica --- subnet
                  |                                          |
               transit                                    transit
                  |                                          |
              east-west router --- bridge network --- east-west router

First comes the ``layout``: what is where. It needs no addresses. These are then
reserved, and with them ``replicas`` says what each pod shall have.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network

_ANYWHERE = {4: "0.0.0.0/0", 6: "::/0"}


@dataclass(frozen=True)
class Subnet:
    """A central subnet; ``pods`` are those that may come to have it."""

    id: str
    cidr: str
    pods: frozenset[str]

    @property
    def version(self) -> int:
        """4 or 6."""
        return ip_network(self.cidr).version


@dataclass(frozen=True)
class Interface:
    """A port of the central router, in one network; mostly in one subnet of it."""

    port_id: str
    network_id: str
    subnet_ids: tuple[str, ...]


@dataclass(frozen=True)
class Gateway:
    """The gateway of the central router; ``pod_id`` is where the network lives."""

    network_id: str
    pod_id: str
    #: The addresses by the central subnet's id.
    addresses: Mapping[str, str]
    enable_snat: bool = True


@dataclass(frozen=True, order=True)
class StaticRoute:
    """A route, as Neutron has it on routers."""

    destination: str
    nexthop: str

    @property
    def version(self) -> int:
        """4 or 6."""
        return ip_network(self.destination).version


@dataclass(frozen=True)
class View:
    """All that counts of a router, and of where its subnets are.

    ``pods`` are those where it may be, in an order that does not change;
    ``realised`` has the pods by subnet.
    """

    interfaces: tuple[Interface, ...]
    subnets: Mapping[str, Subnet]
    realised: Mapping[str, frozenset[str]]
    pods: tuple[str, ...]
    gateway: Gateway | None = None
    routes: tuple[StaticRoute, ...] = ()


@dataclass(frozen=True)
class Transit:
    """Where the two routers of a pod meet, for one IP version."""

    interface: Interface
    subnet_id: str


@dataclass(frozen=True)
class Layout:
    """What is where: all by pod. A pod with transits joins the bridge network."""

    interfaces: Mapping[str, tuple[Interface, ...]]
    transits: Mapping[str, Mapping[int, Transit]]

    @property
    def pods(self) -> frozenset[str]:
        """The pods that have a replica."""
        return frozenset(self.interfaces)


@dataclass(frozen=True)
class Seats:
    """The addresses that were reserved, by pod.

    ``interfaces`` by port and pod, then by subnet; ``transits`` by pod and subnet;
    ``bridge`` by pod and IP version.
    """

    interfaces: Mapping[tuple[str, str], Mapping[str, str]]
    transits: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    bridge: Mapping[str, Mapping[int, str]] = field(default_factory=dict)


@dataclass(frozen=True)
class EastWest:
    """What a pod's east-west router shall be."""

    #: Its own address in each transit subnet.
    transits: Mapping[str, str]
    bridge: Mapping[int, str]
    routes: frozenset[StaticRoute]


@dataclass(frozen=True)
class Replica:
    """What a pod shall have of the router; addresses by port, then by subnet."""

    interfaces: Mapping[str, Mapping[str, str]]
    gateway: Gateway | None
    routes: frozenset[StaticRoute]
    east_west: EastWest | None


@dataclass(frozen=True)
class _Destination:
    """Addresses that are in, or behind, a subnet: reached in the pods ``where``."""

    cidr: str
    where: frozenset[str]
    nexthop: str | None = None
    subnet_id: str | None = None

    @property
    def version(self) -> int:
        return ip_network(self.cidr).version


def layout(view: View, former: Mapping[str, Iterable[str]]) -> Layout:
    """Return what of the router is where.

    ``former`` are the transit subnets so far, by pod: they stay while they can.
    """
    interfaces = _placed(view)
    plan = _Plan(view, interfaces)
    crossing = {
        (pod, destination.version)
        for here in interfaces
        for destination in plan.crossed_from(here)
        for pod in (here, plan.owner(destination))
    }
    transits: dict[str, dict[int, Transit]] = {}
    for pod, version in sorted(crossing):
        found = _transit(view, interfaces[pod], version, former.get(pod, ()))
        transits.setdefault(pod, {})[version] = found
    return Layout(interfaces, transits)


def replicas(view: View, found: Layout, seats: Seats) -> Mapping[str, Replica]:
    """Return what each pod shall have. KeyError if a seat lacks."""
    plan = _Plan(view, found.interfaces)
    return {pod: _replica(pod, plan, found, seats) for pod in sorted(found.pods)}


class _Plan:
    """Destinations, and where they are reached from."""

    def __init__(
        self, view: View, interfaces: Mapping[str, tuple[Interface, ...]]
    ) -> None:
        self.view = view
        self.interfaces = interfaces
        self.where = {
            subnet_id: frozenset(
                pod
                for pod, there in interfaces.items()
                if any(subnet_id in interface.subnet_ids for interface in there)
            )
            for subnet_id in view.subnets
        }
        self._destinations = [*self._subnets(), *self._behind(), *self._outside()]

    def owner(self, destination: _Destination) -> str:
        """The pod through which others reach a destination."""
        return next(pod for pod in self.view.pods if pod in destination.where)

    def crossed_from(self, pod: str) -> list[_Destination]:
        """What a pod reaches over the bridge network."""
        return [
            one
            for one in self._destinations
            if pod not in one.where
            and one.version in self._versions(pod)
            and one.version in self._versions(self.owner(one))
            and self.shared(one, pod) is None
        ]

    def local_to(self, pod: str) -> list[_Destination]:
        """What a pod reaches by itself."""
        return [one for one in self._destinations if pod in one.where]

    def outside_from(self, pod: str) -> list[tuple[_Destination, Interface]]:
        """What a pod reaches over a subnet that it shares with the gateway's pod."""
        return [
            (one, shared)
            for one in self._destinations
            if pod not in one.where and (shared := self.shared(one, pod)) is not None
        ]

    def shared(self, destination: _Destination, pod: str) -> Interface | None:
        """The first interface that is in a pod and in the gateway's, if it leads there.

        Only the way out goes over it: subnets have their own gateways in each pod.
        """
        if destination.subnet_id is not None:
            return None
        there = self.interfaces[self.owner(destination)]
        for interface in self.interfaces[pod]:
            if interface in there and self.in_version(interface, destination.version):
                return interface
        return None

    def in_version(self, interface: Interface, version: int) -> str | None:
        """The first subnet of an interface that has the IP version."""
        for subnet_id in interface.subnet_ids:
            if self.view.subnets[subnet_id].version == version:
                return subnet_id
        return None

    def _versions(self, pod: str) -> set[int]:
        return {
            self.view.subnets[subnet_id].version
            for interface in self.interfaces[pod]
            for subnet_id in interface.subnet_ids
        }

    def _subnets(self) -> list[_Destination]:
        return [
            _Destination(subnet.cidr, self.where[subnet.id], subnet_id=subnet.id)
            for subnet in self.view.subnets.values()
            if self.where[subnet.id]
        ]

    def _behind(self) -> list[_Destination]:
        """What users' routes lead to, by way of something in a subnet."""
        found = []
        for route in self.view.routes:
            for subnet in self.view.subnets.values():
                if self.where[subnet.id] and _holds(subnet, route.nexthop):
                    where = self.where[subnet.id]
                    found.append(
                        _Destination(route.destination, where, route.nexthop, subnet.id)
                    )
        return found

    def _outside(self) -> list[_Destination]:
        gateway = self.view.gateway
        if gateway is None or gateway.pod_id not in self.interfaces:
            return []
        where = frozenset({gateway.pod_id})
        versions = {
            ip_address(address).version for address in gateway.addresses.values()
        }
        return [_Destination(_ANYWHERE[version], where) for version in sorted(versions)]


def _placed(view: View) -> dict[str, tuple[Interface, ...]]:
    """Return the interfaces by pod: where their subnets are, and at the gateway."""
    allowed = frozenset(view.pods)
    placed: dict[str, list[Interface]] = {}
    for interface in view.interfaces:
        pods = {
            pod
            for subnet_id in interface.subnet_ids
            for pod in view.realised.get(subnet_id, ())
        } & allowed
        # The gateway's pod translates addresses of subnets that it has.
        if pods and view.gateway and _may_be(view, interface, view.gateway.pod_id):
            pods |= {view.gateway.pod_id} & allowed
        for pod in pods:
            placed.setdefault(pod, []).append(interface)
    return {pod: tuple(placed[pod]) for pod in sorted(placed)}


def _may_be(view: View, interface: Interface, pod: str) -> bool:
    return all(pod in view.subnets[one].pods for one in interface.subnet_ids)


def _transit(
    view: View,
    interfaces: Iterable[Interface],
    version: int,
    former: Iterable[str],
) -> Transit:
    candidates = [
        Transit(interface, subnet_id)
        for interface in interfaces
        for subnet_id in interface.subnet_ids
        if view.subnets[subnet_id].version == version
    ]
    stays = [one for one in candidates if one.subnet_id in set(former)]
    return (stays or candidates)[0]


def _replica(pod: str, plan: _Plan, found: Layout, seats: Seats) -> Replica:
    transits = found.transits.get(pod, {})
    interfaces = {
        one.port_id: seats.interfaces[one.port_id, pod] for one in found.interfaces[pod]
    }
    routes = set()
    for destination in plan.local_to(pod):
        if destination.nexthop is not None:
            routes.add(StaticRoute(destination.cidr, destination.nexthop))
    for destination, shared in plan.outside_from(pod):
        there = seats.interfaces[shared.port_id, plan.owner(destination)]
        subnet_id = str(plan.in_version(shared, destination.version))
        routes.add(StaticRoute(destination.cidr, there[subnet_id]))
    for destination in plan.crossed_from(pod):
        subnet_id = transits[destination.version].subnet_id
        routes.add(StaticRoute(destination.cidr, seats.transits[pod][subnet_id]))
    gateway = plan.view.gateway
    return Replica(
        interfaces,
        gateway if gateway and gateway.pod_id == pod else None,
        frozenset(routes),
        _east_west(pod, plan, transits, seats) if transits else None,
    )


def _east_west(
    pod: str, plan: _Plan, transits: Mapping[int, Transit], seats: Seats
) -> EastWest:
    routes = set()
    for destination in plan.crossed_from(pod):
        there = seats.bridge[plan.owner(destination)]
        routes.add(StaticRoute(destination.cidr, there[destination.version]))
    for destination in plan.local_to(pod):
        transit = transits.get(destination.version)
        if transit is None or _is_in(destination, transit):
            continue
        replica = seats.interfaces[transit.interface.port_id, pod]
        routes.add(StaticRoute(destination.cidr, replica[transit.subnet_id]))
    subnets = sorted(transit.subnet_id for transit in transits.values())
    return EastWest(
        {subnet_id: seats.transits[pod][subnet_id] for subnet_id in subnets},
        seats.bridge[pod],
        frozenset(routes),
    )


def _is_in(destination: _Destination, transit: Transit) -> bool:
    """Whether an east-west router is on the very subnet."""
    return destination.subnet_id == transit.subnet_id and destination.nexthop is None


def _holds(subnet: Subnet, address: str) -> bool:
    return ip_address(address) in ip_network(subnet.cidr)
