# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Ports: the same MAC and addresses in the pod; what becomes of them comes back."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from sqlalchemy.orm import Session

from tricircle.db.models import Pod, Route
from tricircle.jobs.queue import enqueue
from tricircle.network import members, report, translate
from tricircle.network.errors import CentralGone
from tricircle.network.reach import Reach
from tricircle.network.reconcilers import port_status
from tricircle.network.reconcilers.network import NetworkReconciler
from tricircle.network.reconcilers.qos_policy import QosPolicyReconciler
from tricircle.network.reconcilers.room import Exclusive
from tricircle.network.reconcilers.security_group import SecurityGroupReconciler
from tricircle.network.reconcilers.subnet import AUTOMATIC, SubnetReconciler
from tricircle.pods import routing
from tricircle.pods.server_ports import is_made
from tricircle.regions.errors import NotThere
from tricircle.regions.network import NetworkClient, Resource

_MAC = "mac_address"
_GROUP = "security_group"


class PortReconciler(Exclusive):
    """A port rests on its network, its subnets and its security groups."""

    kind = "port"
    unique = ("network_id", _MAC)
    may_be_doubled = False  # the MAC
    is_refreshed = True

    def __init__(self, reach: Reach) -> None:
        super().__init__(reach)
        self._networks = NetworkReconciler(reach)
        self._subnets = SubnetReconciler(reach, self._networks)
        self._groups = SecurityGroupReconciler(reach)
        self._policies = QosPolicyReconciler(reach)

    def body(self, central: Resource, pod: Pod) -> dict[str, Any]:
        """Return what the replica shall be, with all that it rests on there."""
        project_id = central["project_id"]
        network = self._networks.ensure(central["network_id"], pod, project_id)
        subnets = {
            subnet_id: self._subnets.ensure(subnet_id, pod, project_id)
            for subnet_id in {ip["subnet_id"]: None for ip in central["fixed_ips"]}
        }
        groups = {
            group_id: self._groups.ensure(group_id, pod, project_id)
            for group_id in central["security_groups"]
        }
        body = translate.port_body(
            central,
            str(network.pod_resource_id),
            {key: str(route.pod_resource_id) for key, route in subnets.items()},
            {key: str(route.pod_resource_id) for key, route in groups.items()},
            [key for key, route in subnets.items() if route.details.get(AUTOMATIC)],
        )
        return body | self._policies.chosen(central, pod)

    def in_the_way(
        self, neutron: NetworkClient, body: Mapping[str, Any]
    ) -> list[Resource]:
        """Return what has the MAC or an address; the pod sees to its own ports."""
        network = body["network_id"]
        addresses = [ip.get("ip_address") for ip in body["fixed_ips"]]
        same_ips = [f"ip_address={address}" for address in filter(None, addresses)]
        there = neutron.find("port", network_id=network, mac_address=body[_MAC])
        if same_ips:
            there += neutron.find("port", network_id=network, fixed_ips=same_ips)
        each = {port["id"]: port for port in there}
        return [
            port
            for port in each.values()
            if not port["device_owner"].startswith("network:")
        ]

    def completed(self, central: Resource, pod: Pod) -> Callable[[Session], object]:
        """Have it seen when the port is up, and other pods admit it."""
        project_id = central["project_id"]

        def work(session: Session) -> None:
            members.wish(session, central["security_groups"], pod.id, project_id)
            port_status.expect(session, pod)

        return work

    def details(self, central: Resource, replica: Resource) -> Mapping[str, Any]:
        """Return what makes it a member of its groups, and what the pod did to it."""
        return members.remembered(central) | port_status.seen(replica)

    def changed(self, route: Route, central: Resource, session: Session) -> None:
        """Have other pods admit the port as it is now."""
        if members.changed(route, central):
            groups = members.of_port(route) | set(central["security_groups"])
            members.wish(session, groups, route.pod_id, central["project_id"])

    def removing(self, route: Route, pod: Pod) -> None:
        """Have other pods admit the port no more, and groups see whether they go."""
        groups = members.of_port(route)

        def work(session: Session) -> None:
            members.wish(session, groups, pod.id, route.project_id)
            for group_id in sorted(members.idle(session, groups, pod.id)):
                for group in routing.find(session, _GROUP, group_id, pod.id):
                    enqueue(session, _GROUP, group_id, pod.id, group.project_id)

        self._reach.database.retried(work)

    def removed(self, central_id: str, pod: Pod) -> None:
        """Take back what the central port shows of the pod, unless it is elsewhere.

        One that was made for a server goes with it: nobody looks at it any more.
        """
        try:
            central = self.central(central_id)
        except CentralGone:
            return
        if is_made(central):
            return
        changes = report.withdrawal(central, pod.name)
        if changes:
            with suppress(CentralGone):  # since just now
                self._tell(central, changes)

    def kept(
        self, neutron: NetworkClient, central: Resource, replica: Resource, pod: Pod
    ) -> Resource:
        """Bring back to the central port what became of the replica."""
        changes = report.told(replica, central, pod.name, str(pod.az_name))
        return self._tell(central, changes) if changes else central

    def _tell(self, central: Resource, changes: dict[str, Any]) -> Resource:
        # Whoever changed it meanwhile wins: it is Outdated, and read again.
        revision = central.get("revision_number")
        try:
            return self._reach.central.update(
                self.kind, central["id"], changes, revision=revision
            )
        except NotThere:
            raise CentralGone(self.kind, central["id"]) from None
