# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""The members of a security group that are in other pods, as an address group.

A rule with ``remote_group_id`` is two rules in a pod: one that names the group's
replica, by which Neutron knows the members that are there, and one that names this
address group. It exists as long as the pod has such a rule.
"""

import logging
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from sqlalchemy.orm import Session

from tricircle.db.models import Pod, Route, RouteState
from tricircle.jobs.queue import enqueue
from tricircle.network import members, translate
from tricircle.network.errors import CentralGone
from tricircle.network.intents import Hold
from tricircle.network.members import Members
from tricircle.network.reconcilers import address_group
from tricircle.network.reconcilers.base import Reconciler
from tricircle.pods import routing
from tricircle.regions.errors import NotThere, RegionsError
from tricircle.regions.network import NetworkClient, Resource

LOG = logging.getLogger(__name__)

_GROUP = "security_group"


class MembersReconciler(Reconciler):
    """Its central resource is the security group."""

    kind = members.KIND
    noun = "address_group"
    takes_tags = False

    def central(self, central_id: str) -> Resource:
        """Return the security group. CentralGone."""
        try:
            return self._reach.central.get(_GROUP, central_id)
        except NotThere:
            raise CentralGone(_GROUP, central_id) from None

    def body(self, central: Resource, pod: Pod) -> dict[str, Any]:
        """Return what the address group shall be, without its addresses."""
        return translate.members_body(central)

    def reconcile(self, central_id: str, pod: Pod) -> float | None:
        """Make it agree, or remove it if no rule in the pod needs it any more."""
        if self.route(central_id, pod) is not None and not self._needed(
            central_id, pod
        ):
            self.remove(central_id, pod)
            return None
        return super().reconcile(central_id, pod)

    def complete(
        self,
        neutron: NetworkClient,
        central: Resource,
        replica: Resource,
        hold: Hold,
        pod: Pod,
    ) -> Mapping[str, Any]:
        """Fill it."""
        found = self._elsewhere(central["id"], pod, None)
        address_group.agree(neutron, replica, found.addresses)
        return {}

    def completed(self, central: Resource, pod: Pod) -> Callable[[Session], object]:
        """Look again, for a member may have come while it was made.

        The route remembers in which projects the members are.
        """
        group_id, project_id = central["id"], central["project_id"]

        def work(session: Session) -> None:
            found = members.elsewhere(session, group_id, pod.id)
            details = {members.PROJECTS: sorted(found.projects | {project_id})}
            for route in routing.find(session, self.kind, group_id, pod.id):
                routing.update(session, route.id, details=details)
            enqueue(session, self.kind, group_id, pod.id, project_id)

        return work

    def kept(
        self, neutron: NetworkClient, central: Resource, replica: Resource, pod: Pod
    ) -> Resource:
        """Bring the addresses in line."""
        route = self.route(central["id"], pod)
        if route is not None:
            projects = route.details.get(members.PROJECTS)
            found = self._elsewhere(central["id"], pod, projects)
            address_group.agree(neutron, replica, found.addresses)
        return central

    def delete(self, neutron: NetworkClient, replica_id: str) -> None:
        """Delete the address group, and the rules that name it."""
        address_group.delete(neutron, replica_id)

    def drifted(self, routes: list[Route]) -> Iterator[Route]:
        """Yield those of the active ``routes`` of this kind that do not agree."""
        by_pod: dict[str, list[Route]] = {}
        for route in routes:
            if route.state == RouteState.ACTIVE:
                by_pod.setdefault(route.pod_id, []).append(route)
        for pod_id, there in by_pod.items():
            pod = self._reach.pod(pod_id)
            try:
                shown = self._shown(pod)
            except RegionsError as error:
                LOG.warning("Members of groups are not compared now: %s", error)
                continue
            for route in there:
                projects = route.details.get(members.PROJECTS)
                found = self._elsewhere(str(route.resource_id), pod, projects)
                if shown.get(str(route.pod_resource_id)) != found.addresses:
                    yield route

    def _shown(self, pod: Pod) -> dict[str, set[str]]:
        found = self._reach.neutron(pod).find(self.noun, fields=["id", "addresses"])
        return {
            group["id"]: set(map(members.canonical, group["addresses"]))
            for group in found
        }

    def _elsewhere(
        self, group_id: str, pod: Pod, projects: list[str] | None
    ) -> Members:
        return self._reach.database.retried_read(
            lambda session: members.elsewhere(session, group_id, pod.id, projects)
        )

    def _needed(self, group_id: str, pod: Pod) -> bool:
        """Whether a group that is in the pod has a rule that names this one."""
        rules = self._reach.central.find(
            "security_group_rule",
            remote_group_id=group_id,
            fields=["security_group_id"],
        )
        groups = {rule["security_group_id"] for rule in rules}
        routes = self._reach.database.retried_read(
            lambda session: routing.find_many(session, _GROUP, groups, pod.id)
        )
        # One that is on its way out needs them no more.
        return any(route.state != RouteState.DELETING for route in routes)
