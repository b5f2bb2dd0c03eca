# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""What of a router shall be where: decided, with the addresses that it takes.

One job for each router comes here, so one worker at a time. It talks to the central
region only; what a pod has to do is left to a job of the router in that pod, so that
a pod that is down holds up no other one.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from tricircle.db.models import Pod, Route
from tricircle.jobs.queue import enqueue
from tricircle.network.errors import CentralGone, NotReachable
from tricircle.network.reach import Reach
from tricircle.network.reconcilers.router import (
    EastWestReconciler,
    RouterReconciler,
    east_west_id,
)
from tricircle.network.reconcilers.router_bridge import Bridge, Bridges, holder
from tricircle.network.reconcilers.router_plan import (
    Layout,
    Replica,
    Seats,
    Transit,
    layout,
    replicas,
)
from tricircle.network.reconcilers.router_seats import (
    InterfaceSeats,
    Reservations,
    addresses,
)
from tricircle.network.reconcilers.router_view import Reader, Reading
from tricircle.pods import routing
from tricircle.regions.network import Resource

#: The routes' type of what an east-west router has: its addresses, by the router.
KIND = "east_west_seat"
_BRIDGE, _TRANSITS = "bridge", "transits"


@dataclass(frozen=True)
class Plan:
    """What was decided, and from what."""

    reading: Reading
    layout: Layout
    seats: Seats

    def replica(self, pod_id: str) -> Replica | None:
        """Return what a pod shall have, None if nothing. KeyError if a seat lacks."""
        return replicas(self.reading.view, self.layout, self.seats).get(pod_id)


class RouterPlanner:
    """Plans routers."""

    def __init__(self, reach: Reach) -> None:
        self._reach = reach
        self._reader = Reader(reach)
        self._interfaces = InterfaceSeats(reach)
        self._reservations = Reservations(reach)
        self._bridges = Bridges(reach)

    def plan(self, router: Resource) -> Plan:
        """Return the plan with the addresses that are reserved already."""
        reading = self._reader.read(router)
        seats = self._seats(router["id"])
        former = {pod_id: [*known[_TRANSITS]] for pod_id, known in seats.items()}
        found = layout(reading.view, former)
        return Plan(
            reading,
            found,
            Seats(
                self._interfaces.known(reading.ports),
                {pod_id: known[_TRANSITS] for pod_id, known in seats.items()},
                {pod_id: _versions(known[_BRIDGE]) for pod_id, known in seats.items()},
            ),
        )

    def reconcile(self, router_id: str, project_id: str) -> None:
        """Reserve what the plan needs, and have the pods do it.

        Exhausted; NotReachable if the way out can't be had where the router is.
        """
        try:
            router = RouterReconciler(self._reach).central(router_id)
        except CentralGone:
            self._wind_up(router_id, project_id)
            return
        plan = self.plan(router)
        self._seat_interfaces(plan)
        self._seat_east_west(router, plan)
        there = self._pods(router_id, router["project_id"])
        self._wish(router, there | plan.layout.pods)
        if not plan.layout.transits:
            self._remove_bridge(router_id)
        _check_way_out(plan)

    def give_back(self, router_id: str, pod: Pod) -> None:
        """Give back what a pod's east-west router had, now that it is gone.

        Then the router is planned again: the last one takes the bridge network along.
        """
        seat = self._seat(router_id, pod)
        if seat is None:
            return
        self._reservations.give_back(holder(router_id, pod))

        def work(session: Session) -> None:
            routing.forget(session, KIND, router_id, pod.id)
            enqueue(session, RouterReconciler.kind, router_id, None, seat.project_id)

        self._reach.database.retried(work)

    def _seat_interfaces(self, plan: Plan) -> None:
        pods, ports = plan.reading.pods, plan.reading.ports
        for pod_id, interfaces in plan.layout.interfaces.items():
            for interface in interfaces:
                self._interfaces.take(ports[interface.port_id], pods[pod_id])

    def _seat_east_west(self, router: Resource, plan: Plan) -> None:
        if not plan.layout.transits:
            return
        bridge = self._bridges.ensure(router)
        for pod_id, transits in plan.layout.transits.items():
            pod = plan.reading.pods[pod_id]
            details = {
                _BRIDGE: self._bridge_seat(bridge, router, pod),
                _TRANSITS: self._transit_seats(router, pod, transits.values()),
            }
            self._record(router, pod, details)

    def _bridge_seat(
        self, bridge: Bridge, router: Resource, pod: Pod
    ) -> dict[str, str]:
        found = self._bridges.seat(bridge, router["id"], pod)
        return {str(version): address for version, address in found.items()}

    def _transit_seats(
        self, router: Resource, pod: Pod, transits: Iterable[Transit]
    ) -> dict[str, str]:
        found: dict[str, str] = {}
        for transit in transits:
            port = self._reservations.take(
                holder(router["id"], pod),
                pod.name,
                transit.interface.network_id,
                [transit.subnet_id],
            )
            found |= addresses(port)
        return found

    def _record(self, router: Resource, pod: Pod, details: Mapping[str, Any]) -> None:
        def work(session: Session) -> None:
            routing.learn(
                session,
                resource_type=KIND,
                resource_id=router["id"],
                pod_id=pod.id,
                project_id=router["project_id"],
                details=details,
            )

        self._reach.database.retried(work)

    def _seats(self, router_id: str) -> dict[str, Mapping[str, Any]]:
        routes = self._reach.database.retried_read(
            lambda session: routing.find(session, KIND, router_id)
        )
        return {route.pod_id: route.details for route in routes}

    def _seat(self, router_id: str, pod: Pod) -> Route | None:
        found = self._reach.database.retried_read(
            lambda session: routing.find(session, KIND, router_id, pod.id)
        )
        return found[0] if found else None

    def _routes(self, router_id: str) -> list[Route]:
        """Return where the router is, or has been begun."""
        ids = {router_id, east_west_id(router_id)}

        def work(session: Session) -> list[Route]:
            return [
                *routing.find_many(session, RouterReconciler.kind, ids),
                *routing.find_many(session, EastWestReconciler.kind, ids),
                *routing.find(session, KIND, router_id),
            ]

        return self._reach.database.retried_read(work)

    def _wish(self, router: Resource, pods: Iterable[str]) -> None:
        def work(session: Session) -> None:
            # In one order, or two who enqueue the same would wait for each other.
            for pod_id in sorted(pods):
                enqueue(session, "router", router["id"], pod_id, router["project_id"])

        self._reach.database.retried(work)

    def _pods(self, router_id: str, project_id: str) -> set[str]:
        """Return the pods that have anything of a router, if only an address."""
        seats = self._interfaces.of_router(router_id, project_id)
        return {route.pod_id for route in (*self._routes(router_id), *seats)}

    def _wind_up(self, router_id: str, project_id: str) -> None:
        pods = self._pods(router_id, project_id)
        if pods:
            self._wish({"id": router_id, "project_id": project_id}, pods)
        else:
            self._bridges.remove(router_id)

    def _remove_bridge(self, router_id: str) -> None:
        """Remove the bridge network once no pod is on it; the last one asks again."""
        east_west = {EastWestReconciler.kind, KIND}
        if not any(r.resource_type in east_west for r in self._routes(router_id)):
            self._bridges.remove(router_id)


def _check_way_out(plan: Plan) -> None:
    gateway, pods = plan.reading.view.gateway, plan.layout.pods
    if gateway is not None and pods and gateway.pod_id not in pods:
        name = plan.reading.pods[gateway.pod_id].name
        raise NotReachable(
            f"router {plan.reading.router['id']} has its gateway in {name}, where none"
            " of its subnets is or can be: its networks are local to other pods, or"
            " its zones are others; use VLAN networks, or another external network"
        )


def _versions(known: Mapping[str, str]) -> dict[int, str]:
    return {int(version): address for version, address in known.items()}
