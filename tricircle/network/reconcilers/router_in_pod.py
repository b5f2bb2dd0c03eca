# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""A router in one pod: made as the plan says, or removed."""

from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from functools import partial
from typing import Any

from sqlalchemy.orm import Session

from tricircle.db.models import Pod, Route
from tricircle.jobs.errors import JobNotFound
from tricircle.jobs.queue import enqueue, failing, redo
from tricircle.network import translate
from tricircle.network.errors import Busy, CentralGone
from tricircle.network.reach import Reach
from tricircle.network.reconcilers.base import Reconciler
from tricircle.network.reconcilers.network import NetworkReconciler
from tricircle.network.reconcilers.router import (
    EastWestReconciler,
    RouterReconciler,
    east_west_id,
    interface_mark,
)
from tricircle.network.reconcilers.router_bridge import Bridges
from tricircle.network.reconcilers.router_plan import EastWest, Gateway, Replica
from tricircle.network.reconcilers.router_planner import Plan, RouterPlanner
from tricircle.network.reconcilers.router_replica import Joint, PodRouter, Shape
from tricircle.network.reconcilers.router_seats import InterfaceSeats
from tricircle.network.reconcilers.subnet import SubnetReconciler
from tricircle.pods import routing
from tricircle.regions.network import Resource


class RouterInPod:
    """Makes a pod have of a router what it shall."""

    def __init__(self, reach: Reach) -> None:
        self._reach = reach
        self._planner = RouterPlanner(reach)
        self._routers = RouterReconciler(reach)
        self._east_west = EastWestReconciler(reach)
        self._networks = NetworkReconciler(reach)
        self._subnets = SubnetReconciler(reach, self._networks)
        self._seats = InterfaceSeats(reach)
        self._bridges = Bridges(reach)

    def reconcile(self, router_id: str, pod: Pod, project_id: str) -> None:
        """Make the router in a pod agree. RealiseError, RegionsError.

        Busy if the router is not planned yet: then a job does that, and asks again.
        """
        try:
            router = self._routers.central(router_id)
        except CentralGone:
            self._remove(router_id, pod, project_id)
            return
        plan = self._planner.plan(router)
        try:
            replica = plan.replica(pod.id)
        except KeyError:
            self._plan_again(router_id, router["project_id"])
            raise Busy(
                f"router {router_id} is not planned for {pod.name} yet"
            ) from None
        if replica is None:
            self._remove(router_id, pod, router["project_id"])
            return
        self._agree(plan, replica, pod)

    def _agree(self, plan: Plan, replica: Replica, pod: Pod) -> None:
        router = plan.reading.router
        route = self._made(self._routers, router["id"], router, pod)
        self._pod_router(router, route, pod).agree(self._shape(plan, replica, pod))
        if replica.east_west is None:
            self._remove_east_west(router["id"], pod)
        else:
            self._join(plan, replica.east_west, pod)
        self._give_back(router["id"], router["project_id"], pod, replica.interfaces)
        if replica.gateway is not None:
            self._retry_floating_ips(router["project_id"])

    def _made(
        self, reconciler: Reconciler, central_id: str, router: Resource, pod: Pod
    ) -> Route:
        """Return the route to a router that is there, and as it shall be."""
        if reconciler.route(central_id, pod) is not None:
            reconciler.reconcile(central_id, pod)
        return reconciler.ensure(central_id, pod, router["project_id"])

    def _join(self, plan: Plan, east_west: EastWest, pod: Pod) -> None:
        router = plan.reading.router
        own_id = east_west_id(router["id"])
        route = self._made(self._east_west, own_id, router, pod)
        own = {**router, "id": own_id}
        shape = self._east_west_shape(plan, east_west, pod)
        self._pod_router(own, route, pod).agree(shape)

    def _shape(self, plan: Plan, replica: Replica, pod: Pod) -> Shape:
        macs = self._seats.mac_addresses(replica.interfaces, pod)
        joints, gateways = [], {}
        for port_id, found in replica.interfaces.items():
            here = self._subnets_here(plan, found, pod)
            port = plan.reading.ports[port_id]
            for subnet_id, address in found.items():
                subnet = plan.reading.subnets[subnet_id]
                if any(
                    ip["ip_address"] == subnet["gateway_ip"] for ip in port["fixed_ips"]
                ):
                    gateways[here[subnet_id]] = address
            joints += self._joints(plan, port, found, here, macs.get(port_id), pod)
        gateway = self._gateway(replica.gateway, plan, pod) if replica.gateway else None
        return Shape(tuple(joints), gateway, replica.routes, gateways)

    def _joints(
        self,
        plan: Plan,
        port: Resource,
        found: Mapping[str, str],
        here: Mapping[str, str],
        mac_address: str | None,
        pod: Pod,
    ) -> list[Joint]:
        network = self._networks.ensure(port["network_id"], pod, port["project_id"])
        network_id = str(network.pod_resource_id)
        subnets = plan.reading.subnets
        if any(translate.is_automatic(subnets[one]) for one in found):
            there = {here[one]: address for one, address in found.items()}
            return [Joint(network_id, there, is_automatic=True)]
        there = {here[one]: address for one, address in found.items()}
        return [Joint(network_id, there, mac_address)]

    def _subnets_here(
        self, plan: Plan, subnet_ids: Iterable[str], pod: Pod
    ) -> dict[str, str]:
        found = {}
        for subnet_id in subnet_ids:
            project_id = plan.reading.subnets[subnet_id]["project_id"]
            route = self._subnets.ensure(subnet_id, pod, project_id)
            found[subnet_id] = str(route.pod_resource_id)
        return found

    def _gateway(self, gateway: Gateway, plan: Plan, pod: Pod) -> dict[str, Any]:
        project_id = plan.reading.router["project_id"]
        network = self._networks.ensure(gateway.network_id, pod, project_id)
        ips = []
        for subnet_id, address in gateway.addresses.items():
            subnet = self._subnets.ensure(subnet_id, pod, project_id)
            ips.append({"subnet_id": subnet.pod_resource_id, "ip_address": address})
        return {
            "network_id": network.pod_resource_id,
            "enable_snat": gateway.enable_snat,
            "external_fixed_ips": ips,
        }

    def _east_west_shape(self, plan: Plan, east_west: EastWest, pod: Pod) -> Shape:
        router = plan.reading.router
        bridge = self._bridges.known(router["id"])
        if bridge is None:
            self._plan_again(router["id"], router["project_id"])
            raise Busy(f"router {router['id']} has no bridge network yet")
        joints = []
        for subnet_id, address in east_west.transits.items():
            subnet = plan.reading.subnets[subnet_id]
            here = self._subnets_here(plan, [subnet_id], pod)
            network = self._networks.ensure(
                subnet["network_id"], pod, subnet["project_id"]
            )
            there = {here[subnet_id]: address}
            joints.append(Joint(str(network.pod_resource_id), there))
        gateway = Gateway(
            bridge.network_id,
            pod.id,
            {
                bridge.subnets[version]: address
                for version, address in east_west.bridge.items()
            },
            enable_snat=False,
        )
        info = self._gateway(gateway, plan, pod)
        return Shape(tuple(joints), info, east_west.routes)

    def _remove(self, router_id: str, pod: Pod, project_id: str) -> None:
        self._remove_east_west(router_id, pod)
        route = self._routers.route(router_id, pod)
        if route is not None:
            self._routers.remove(router_id, pod)
        self._give_back(router_id, project_id, pod)
        # The last one takes what is the router's in the central region along.
        self._plan_again(router_id, project_id)

    def _remove_east_west(self, router_id: str, pod: Pod) -> None:
        own_id = east_west_id(router_id)
        if self._east_west.route(own_id, pod) is not None:
            self._east_west.remove(own_id, pod)
        self._planner.give_back(router_id, pod)

    def _give_back(
        self, router_id: str, project_id: str, pod: Pod, kept: Collection[str] = ()
    ) -> None:
        """Give back the addresses that nothing has any more, but those of ``kept``.

        Subnets that had one as their gateway get the central one.
        """
        for seat in self._seats.of_router(router_id, project_id, pod.id):
            port_id = str(seat.resource_id)
            if port_id not in kept:
                self._wish_subnets(self._seats.give_back(port_id, pod), pod)

    def _wish_subnets(self, subnets: Collection[str], pod: Pod) -> None:
        def work(session: Session) -> None:
            for route in routing.find_many(session, "subnet", subnets, pod.id):
                subnet_id = str(route.resource_id)
                enqueue(session, "subnet", subnet_id, pod.id, route.project_id)

        self._reach.database.retried(work)

    def _pod_router(self, central: Resource, route: Route, pod: Pod) -> PodRouter:
        return PodRouter(
            self._reach.neutron(pod),
            str(route.pod_resource_id),
            interface_mark(central["id"]),
            central["project_id"],
        )

    def _retry_floating_ips(self, project_id: str) -> None:
        """Try those at once which the pod refused: no router reached their port."""
        database = self._reach.database
        for job_id in database.retried_read(
            lambda session: failing(session, "floatingip", project_id)
        ):
            # One that is gone meanwhile needs nothing.
            with suppress(JobNotFound):
                database.retried(partial(redo, job_id=job_id))

    def _plan_again(self, router_id: str, project_id: str) -> None:
        self._reach.database.retried(
            lambda session: enqueue(session, "router", router_id, None, project_id)
        )
