# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Seats: the addresses that a router has in each pod.

Two pods must not answer for the same address of a network that both have. So one pod,
the first, has the address that the central router has; each other one gets an address
of its own, held by a central port. Which one has which is in routes, whose unique keys
let one win of all who ask at the same time: the first pod's is a sole one.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from sqlalchemy.orm import Session

from tricircle.db.models import Pod, Route, RouteState
from tricircle.network.reach import Reach
from tricircle.pods import routing
from tricircle.pods.errors import RouteElsewhere, RouteExists
from tricircle.regions.network import Resource

#: The routes' type: the resource is the central port that is a router's interface.
KIND = "router_interface"
#: Such ports go by themselves with their network, and belong to the operator.
RESERVATION_OWNER = "network:distributed"
_ADDRESSES, _MAC, _ROUTER = "addresses", "mac_address", "router_id"


class Reservations:
    """Central ports that hold addresses for pods."""

    def __init__(self, reach: Reach) -> None:
        self._reach = reach

    def take(
        self, holder: str, name: str, network_id: str, subnet_ids: Collection[str]
    ) -> Resource:
        """Return the port that holds an address in each subnet, made if need be."""
        for port in self._held(holder):
            if set(addresses(port)) == set(subnet_ids):
                return port
        return self.make(holder, name, network_id, subnet_ids)

    def make(
        self, holder: str, name: str, network_id: str, subnet_ids: Collection[str]
    ) -> Resource:
        """Make a port that holds an address in each subnet."""
        body = {
            "name": name,
            "network_id": network_id,
            "fixed_ips": [{"subnet_id": one} for one in sorted(subnet_ids)],
            "device_owner": RESERVATION_OWNER,
            "device_id": holder,
        }
        return self._reach.central.create("port", body)

    def give_back(self, holder: str, kept: Collection[str] = ()) -> None:
        """Delete a holder's ports, but those that are in ``kept`` subnets."""
        for port in self._held(holder):
            if not set(addresses(port)) & set(kept):
                self._reach.central.delete("port", port["id"])

    def _held(self, holder: str) -> list[Resource]:
        found = self._reach.central.find(
            "port", device_owner=RESERVATION_OWNER, device_id=holder
        )
        return sorted(found, key=lambda port: str(port["id"]))


class InterfaceSeats:
    """The addresses of a central router's interfaces in each pod."""

    def __init__(self, reach: Reach) -> None:
        self._reach = reach
        self._reservations = Reservations(reach)

    def known(
        self, port_ids: Iterable[str]
    ) -> Mapping[tuple[str, str], Mapping[str, str]]:
        """Return the addresses that are reserved, by port and pod, then by subnet."""
        wanted = [*port_ids]
        routes = self._reach.database.retried_read(
            lambda session: routing.find_many(session, KIND, wanted)
        )
        return {
            (str(route.resource_id), route.pod_id): route.details[_ADDRESSES]
            for route in routes
        }

    def of_router(
        self, router_id: str, project_id: str, pod_id: str | None = None
    ) -> list[Route]:
        """Return the seats of a router, also those of interfaces that are gone."""
        found = self._reach.database.retried_read(
            lambda session: routing.routes(
                session, project_id=project_id, resource_type=KIND, pod_id=pod_id
            )
        )
        return [seat for seat in found if seat.details[_ROUTER] == router_id]

    def mac_addresses(self, port_ids: Iterable[str], pod: Pod) -> Mapping[str, str]:
        """Return the MAC addresses in a pod, by port."""
        wanted = [*port_ids]
        routes = self._reach.database.retried_read(
            lambda session: routing.find_many(session, KIND, wanted, pod.id)
        )
        return {str(route.resource_id): route.details[_MAC] for route in routes}

    def take(self, interface: Resource, pod: Pod) -> Mapping[str, str]:
        """Return the addresses of an interface in a pod, reserved if need be."""
        central = addresses(interface)
        while True:
            route = self.route(interface["id"], pod)
            if route is None:
                self._reserve(interface, pod)
                continue
            known: Mapping[str, str] = route.details[_ADDRESSES]
            if known.keys() == central.keys() and (
                not route.is_sole or known == central
            ):
                return known
            # Neutron adds and removes IPv6 subnets of an interface that is there.
            return self._renew(route, interface, pod)

    def give_back(self, port_id: str, pod: Pod) -> Collection[str]:
        """Forget an interface in a pod, which has it no more; return its subnets."""
        route = self.route(port_id, pod)
        if route is None:
            return ()
        self._reservations.give_back(_holder(port_id, pod))
        self._reach.database.retried(
            lambda session: routing.forget(session, KIND, port_id, pod.id)
        )
        return tuple(route.details[_ADDRESSES])

    def _reserve(self, interface: Resource, pod: Pod) -> None:
        details = _details(interface, interface)
        try:
            self._write(interface, pod, details, is_sole=True)
            return
        except RouteExists:
            return
        except RouteElsewhere:
            pass
        held = self._held(interface, pod)
        details = _details(interface, held)
        try:
            self._write(interface, pod, details, is_sole=False)
        except RouteExists:
            # Someone was faster; what they wrote counts.
            winner = self.route(interface["id"], pod)
            if winner is None or winner.details[_MAC] != held["mac_address"]:
                self._reach.central.delete("port", held["id"])

    def _renew(self, route: Route, interface: Resource, pod: Pod) -> Mapping[str, str]:
        held = interface
        if not route.is_sole:
            self._reservations.give_back(_holder(interface["id"], pod))
            held = self._held(interface, pod)
        details = _details(interface, held)
        self._reach.database.retried(
            lambda session: routing.update(session, route.id, details=details)
        )
        return addresses(held)

    def _held(self, interface: Resource, pod: Pod) -> Resource:
        return self._reservations.make(
            _holder(interface["id"], pod),
            pod.name,
            interface["network_id"],
            addresses(interface),
        )

    def _write(
        self,
        interface: Resource,
        pod: Pod,
        details: Mapping[str, Any],
        *,
        is_sole: bool,
    ) -> None:
        def work(session: Session) -> None:
            route = routing.intend(
                session,
                resource_type=KIND,
                resource_id=interface["id"],
                pod_id=pod.id,
                project_id=interface["project_id"],
                is_sole=is_sole,
                details=details,
            )
            # Nothing is pending: the address is there from now on.
            routing.update(
                session,
                route.id,
                state=RouteState.ACTIVE,
                pod_resource_id=interface["id"],
            )

        self._reach.database.retried(work)

    def route(self, port_id: str, pod: Pod) -> Route | None:
        """Return an interface's seat in a pod, None if it has none."""
        found = self._reach.database.retried_read(
            lambda session: routing.find(session, KIND, port_id, pod.id)
        )
        return found[0] if found else None


def addresses(port: Resource) -> dict[str, str]:
    """Return the addresses of a port by their subnets."""
    return {ip["subnet_id"]: ip["ip_address"] for ip in port["fixed_ips"]}


def router_of(seat: Route) -> str:
    """Return the router of which the seat's port was an interface."""
    return str(seat.details[_ROUTER])


def _details(interface: Resource, held: Resource) -> dict[str, Any]:
    return {
        _ADDRESSES: addresses(held),
        _MAC: held["mac_address"],
        _ROUTER: interface["device_id"],
    }


def _holder(port_id: str, pod: Pod) -> str:
    return f"{pod.id}:{port_id}"
