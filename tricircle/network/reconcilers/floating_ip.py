# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Floating IPs and their port forwardings: in the pod of the external network.

What they lead to may be in another pod. Then its port is realised in the external
network's pod as well, where nothing is plugged into it: the network is a VLAN of both
pods, so what is sent to the port leaves for the other one. When the server moves, the
floating IP stays as it is.
"""

from collections.abc import Mapping
from ipaddress import ip_address, ip_network
from typing import Any

from sqlalchemy.orm import Session

from tricircle.db.models import Pod, Route
from tricircle.jobs.queue import enqueue
from tricircle.network import translate
from tricircle.network.errors import Busy, CentralGone
from tricircle.network.reach import Reach
from tricircle.network.reconcilers.base import Reconciler
from tricircle.network.reconcilers.network import NetworkReconciler
from tricircle.network.reconcilers.port import PortReconciler
from tricircle.network.reconcilers.room import disown
from tricircle.network.reconcilers.router_external import ExternalNetworks
from tricircle.network.reconcilers.subnet import SubnetReconciler
from tricircle.pods import routing
from tricircle.regions.errors import Clash
from tricircle.regions.network import NetworkClient, Resource


class FloatingIpReconciler(Reconciler):
    """A floating IP rests on the external network, and on the port it leads to."""

    kind = "floatingip"
    may_be_doubled = False  # the address
    has_contents = True

    def __init__(self, reach: Reach) -> None:
        super().__init__(reach)
        self._networks = NetworkReconciler(reach)
        self._subnets = SubnetReconciler(reach, self._networks)
        self._ports = PortReconciler(reach)
        self._external = ExternalNetworks(reach)

    def agree(self, central_id: str) -> None:
        """Make a floating IP be where it shall, and nowhere else.

        Busy if its external network is nowhere yet.
        """
        pod_id, central = None, None
        try:
            central = self.central(central_id)
        except CentralGone:
            pass
        else:
            if central["port_id"] or central.get("port_forwardings"):
                pod_id = self._external.pod_of(central["floating_network_id"])
                self._check_placed(central, pod_id)
        for route in self._routes(central_id):
            if route.pod_id != pod_id:
                self.remove(central_id, self._reach.pod(route.pod_id))
        if central is None or pod_id is None:
            return
        pod = self._reach.pod(pod_id)
        self.ensure(central_id, pod, central["project_id"])
        self.reconcile(central_id, pod)

    def body(self, central: Resource, pod: Pod) -> dict[str, Any]:
        """Return what the replica shall be, with all that it rests on there."""
        project_id = central["project_id"]
        network_id = central["floating_network_id"]
        network = self._networks.ensure(network_id, pod, project_id)
        address = ip_address(central["floating_ip_address"])
        for subnet in self._reach.central.find("subnet", network_id=network_id):
            if address in ip_network(subnet["cidr"]):
                self._subnets.ensure(subnet["id"], pod, project_id)
        port_id = central["port_id"]
        port = self._ports.ensure(port_id, pod, project_id) if port_id else None
        return translate.floating_ip_body(
            central,
            str(network.pod_resource_id),
            str(port.pod_resource_id) if port else None,
        )

    def create(
        self,
        neutron: NetworkClient,
        central: Resource,
        body: Mapping[str, Any],
        pod: Pod,
    ) -> Resource:
        """Make the replica, also if Neutron died before while it made it."""
        try:
            return super().create(neutron, central, body, pod)
        except Clash:
            # It begins with a port that has the address, and is the floating IP's then.
            left = neutron.find(
                "port",
                network_id=body["floating_network_id"],
                fixed_ips=[f"ip_address={body['floating_ip_address']}"],
                device_id="PENDING",
            )
            if not left:
                raise
        for port in left:
            disown(neutron, port)
        return super().create(neutron, central, body, pod)

    def kept(
        self, neutron: NetworkClient, central: Resource, replica: Resource, pod: Pod
    ) -> Resource:
        """Bring the port forwardings in line; first what has to make room."""
        wanted = [
            translate.forwarding_body(one, self._port(one["internal_port_id"], pod))
            for one in self._forwardings(self._reach.central, central)
        ]
        present = {
            one["id"]: translate.forwarding_body(one, one["internal_port_id"])
            for one in self._forwardings(neutron, replica)
        }
        kind = _forwarding_kind(replica)
        for forwarding_id, body in present.items():
            if body not in wanted:
                neutron.delete(kind, forwarding_id)
        for body in wanted:
            if body not in present.values():
                neutron.create(kind, body)
        return central

    def delete(self, neutron: NetworkClient, replica_id: str) -> None:
        """Delete the replica, and first its port forwardings: Neutron wants that."""
        for replica in neutron.find(self.kind, id=replica_id):
            self._clear(neutron, replica)
        super().delete(neutron, replica_id)

    def _update(
        self,
        neutron: NetworkClient,
        body: Mapping[str, Any],
        replica: Resource,
        revision: int | None = None,
    ) -> None:
        if body["port_id"] is not None:
            # It leads to a port as a whole, or forwards ports of it: never both.
            self._clear(neutron, replica)
        super()._update(neutron, body, replica, revision)

    def _clear(self, neutron: NetworkClient, replica: Resource) -> None:
        for one in self._forwardings(neutron, replica):
            neutron.delete(_forwarding_kind(replica), one["id"])

    def _forwardings(self, neutron: NetworkClient, owner: Resource) -> list[Resource]:
        if not owner.get("port_forwardings"):
            return []
        return neutron.find(_forwarding_kind(owner))

    def _port(self, port_id: str, pod: Pod) -> str:
        project_id = self._ports.central(port_id)["project_id"]
        route = self._ports.ensure(port_id, pod, project_id)
        return str(route.pod_resource_id)

    def _routes(self, central_id: str) -> list[Route]:
        return self._reach.database.retried_read(
            lambda session: routing.find(session, self.kind, central_id)
        )

    def _check_placed(self, central: Resource, pod_id: str | None) -> None:
        """Busy, and the router is planned, if its external network is nowhere."""
        if pod_id is not None:
            return

        def work(session: Session) -> None:
            router_id, project_id = central["router_id"], central["project_id"]
            enqueue(session, "router", router_id, None, project_id)

        if central["router_id"]:
            self._reach.database.retried(work)
        raise Busy(
            f"floating IP {central['id']} waits until its external network"
            f" {central['floating_network_id']} is in a pod"
        )


def wish_if_gone(reach: Reach, port_id: str, pod_id: str) -> None:
    """Have floating IPs of a port looked after that a pod has no more.

    What was on it there went with it, though the user may have kept the port.
    """
    there = reach.database.retried_read(
        lambda session: routing.find(session, PortReconciler.kind, port_id, pod_id)
    )
    if there:
        return
    found = reach.central.find(FloatingIpReconciler.kind, port_id=port_id)

    def work(session: Session) -> None:
        for one in sorted(found, key=lambda one: str(one["id"])):
            kind = FloatingIpReconciler.kind
            enqueue(session, kind, one["id"], None, one["project_id"])

    if found:
        reach.database.retried(work)


def _forwarding_kind(floating_ip: Resource) -> str:
    return f"floatingips/{floating_ip['id']}/port_forwarding"
