# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Routers and floating IPs as kinds of jobs.

A router has one job that plans it, which is about no pod, and one for each pod it is
in. A floating IP has one job, for it is in one pod only; which one may change.
"""

from collections.abc import Iterable

from tricircle.db.models import Job, Route
from tricircle.jobs.kinds import Context, Wish
from tricircle.jobs.lease import Lease
from tricircle.network.reach import Reach
from tricircle.network.reconcilers.floating_ip import FloatingIpReconciler
from tricircle.network.reconcilers.handlers import ReconcilerHandler, outcomes
from tricircle.network.reconcilers.router import RouterReconciler
from tricircle.network.reconcilers.router_in_pod import RouterInPod
from tricircle.network.reconcilers.router_planner import RouterPlanner
from tricircle.network.reconcilers.router_seats import KIND as SEAT
from tricircle.network.reconcilers.router_seats import addresses, router_of
from tricircle.network.reconcilers.router_view import INTERFACE_OWNER
from tricircle.pods import routing
from tricircle.regions.network import Resource


class RouterHandler(ReconcilerHandler):
    """The kind ``router``."""

    reconciler = RouterReconciler

    def reconcile(self, job: Job, lease: Lease, context: Context) -> None:
        """Plan a router, or make it agree in the job's pod."""
        reach = self._reach(context, lease.check, job)
        with outcomes():
            if job.pod_id is None:
                RouterPlanner(reach).reconcile(job.resource_id, job.project_id)
            else:
                pod = reach.pod(job.pod_id)
                RouterInPod(reach).reconcile(job.resource_id, pod, job.project_id)

    def audit(self, context: Context) -> Iterable[Wish]:
        """Yield the routers that changed, are no more, lack a place, or have too many.

        A router lacks a place where a subnet of it is, and its interface has no seat.
        A seat is too many if its port is no interface any more.
        """
        yield from super().audit(context)
        reach = self._reach(context, lambda: None)
        with outcomes():
            ports = reach.central.find(
                "port",
                device_owner=INTERFACE_OWNER,
                fields=["id", "device_id", "project_id", "fixed_ips"],
            )
            for port in ports:
                if _lacks_seat(reach, port):
                    project_id = port["project_id"]
                    yield Wish("router", port["device_id"], None, project_id)
            there = {port["id"] for port in ports}
            seats: list[Route] = reach.database.retried_read(
                lambda session: routing.routes(session, resource_type=SEAT)
            )
            for seat in seats:
                if seat.resource_id not in there:
                    yield Wish("router", router_of(seat), None, seat.project_id)


class FloatingIpHandler(ReconcilerHandler):
    """The kind ``floatingip``."""

    reconciler = FloatingIpReconciler

    def reconcile(self, job: Job, lease: Lease, context: Context) -> None:
        """Make a floating IP be where it shall be."""
        reach = self._reach(context, lease.check, job)
        with outcomes():
            FloatingIpReconciler(reach).agree(job.resource_id)

    def audit(self, context: Context) -> Iterable[Wish]:
        """Yield those that changed, too, and those that lead somewhere from nowhere."""
        yield from super().audit(context)
        reach = self._reach(context, lambda: None)
        with outcomes():
            found = reach.central.find("floatingip")
            ids = [one["id"] for one in found]
            routes = reach.database.retried_read(
                lambda session: routing.find_many(session, "floatingip", ids)
            )
            there = {route.resource_id for route in routes}
            for one in found:
                leads = one["port_id"] or one.get("port_forwardings")
                if leads and one["id"] not in there:
                    yield Wish("floatingip", one["id"], None, one["project_id"])


def _lacks_seat(reach: Reach, port: Resource) -> bool:
    subnets = [*addresses(port)]
    realised = reach.database.retried_read(
        lambda session: routing.find_many(session, "subnet", subnets)
    )
    seats: list[Route] = reach.database.retried_read(
        lambda session: routing.find(session, SEAT, port["id"])
    )
    return not {one.pod_id for one in realised} <= {one.pod_id for one in seats}
