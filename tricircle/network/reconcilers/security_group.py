# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Security groups and their rules.

A project has a group ``default`` in each pod already, which nobody can make: the
central one is mapped to it, as long as a port in the pod has it. Nobody deletes that
one in the central region, either, so what it takes in a pod would stay for ever.

Groups refer to each other in their rules, in circles too. No group waits for another:
a rule that names a group is there for the group's members in other pods at once, and
for those in the same pod as soon as the group is there (a job sees to it).
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from sqlalchemy.orm import Session

from tricircle.db.models import Pod, Route, RouteState
from tricircle.jobs.queue import enqueue, is_at_work
from tricircle.network import members, translate
from tricircle.network.errors import CentralGone, Leaving
from tricircle.network.reach import Reach
from tricircle.network.reconcilers.address_group import AddressGroupReconciler
from tricircle.network.reconcilers.base import Reconciler
from tricircle.network.reconcilers.members import MembersReconciler
from tricircle.network.translate import Rule
from tricircle.pods import routing
from tricircle.regions.errors import Clash
from tricircle.regions.network import NetworkClient, Resource

_DEFAULT = "default"
_PORT = "port"
#: The detail of a route that says which groups the rules name.
_REMOTES = "remotes"
#: How often someone else may add the same rule between our look and our call.
_RACES = 3


class SecurityGroupReconciler(Reconciler):
    """A group with its rules, the same in each pod."""

    kind = "security_group"
    has_contents = True

    def __init__(self, reach: Reach) -> None:
        super().__init__(reach)
        self._members = MembersReconciler(reach)
        self._address_groups = AddressGroupReconciler(reach)

    def reconcile(self, central_id: str, pod: Pod) -> float | None:
        """Make it agree, or part with it if it is a default one that no port has."""
        route = self.route(central_id, pod)
        if route is not None and self._is_idle(route):
            self.remove(central_id, pod)
            return None
        return super().reconcile(central_id, pod)

    def body(self, central: Resource, pod: Pod) -> dict[str, Any]:
        """Return what the group shall be, without its rules."""
        body = translate.security_group_body(central)
        if central["name"] == _DEFAULT:
            # Neutron refuses the name in any request, even if it is the same.
            del body["name"]
        return body

    def create(
        self,
        neutron: NetworkClient,
        central: Resource,
        body: Mapping[str, Any],
        pod: Pod,
    ) -> Resource:
        """Make the group, or take the project's default one, which is always there."""
        if central["name"] != _DEFAULT:
            return super().create(neutron, central, body, pod)
        # Neutron makes it when it is asked for by project.
        (group,) = neutron.find(
            self.kind, project_id=central["project_id"], name=_DEFAULT
        )
        return group

    def completed(self, central: Resource, pod: Pod) -> Callable[[Session], object]:
        """Have the rules of other groups name this one, now that it is there."""
        rules = self._reach.central.find(
            "security_group_rule",
            remote_group_id=central["id"],
            fields=["security_group_id"],
        )
        others = {rule["security_group_id"] for rule in rules} - {central["id"]}

        def work(session: Session) -> None:
            routes = routing.find_many(session, self.kind, others, pod.id)
            for route in sorted(routes, key=lambda r: str(r.resource_id)):
                enqueue(
                    session, self.kind, str(route.resource_id), pod.id, route.project_id
                )

        return work

    def details(self, central: Resource, replica: Resource) -> Mapping[str, Any]:
        """Return which groups the rules name."""
        rules = central["security_group_rules"]
        named = {rule["remote_group_id"] for rule in rules} - {None}
        return {_REMOTES: sorted(named)}

    def changed(self, route: Route, central: Resource, session: Session) -> None:
        """Have it looked at whether the members of groups are still needed."""
        members.wish_here(session, _remotes(route), route.pod_id)

    def delete(self, neutron: NetworkClient, replica_id: str) -> None:
        """Delete the replica; a default group only loses its mark."""
        for group in neutron.find(self.kind, id=replica_id):
            if group["name"] != _DEFAULT:
                super().delete(neutron, replica_id)
            elif mark := translate.marked(group):
                left = [tag for tag in group["tags"] if tag != translate.mark(mark)]
                neutron.tag(self.kind, replica_id, left)

    def removing(self, route: Route, pod: Pod) -> None:
        """Have the members of groups removed that nothing here names any more.

        Leaving if a port has the group, or may be on its way out of it. Neutron lets
        a group go as soon as its database knows of no port that has it; OVN may still
        know of one, and then refuses whatever changes that port, for ever
        (measured: ML2/OVN of 2026.2).
        """
        # In this order: what begins to change a port later has nothing to take off it.
        if self._has_ports(route, pod) or self._ports_change(route, pod):
            raise Leaving(
                f"ports in {pod.name} may have security group {route.resource_id} yet"
            )
        self._reach.database.retried(
            lambda session: members.wish_here(session, _remotes(route), pod.id)
        )

    def _has_ports(self, route: Route, pod: Pod) -> bool:
        """Whether a replica has it; of others' ports Neutron itself will tell."""
        if route.pod_resource_id is None:
            return False
        found = self._reach.neutron(pod).find(
            _PORT, security_groups=route.pod_resource_id, fields=["id", "tags"]
        )
        return any(translate.marked(port) for port in found)

    def _ports_change(self, route: Route, pod: Pod) -> bool:
        return self._reach.database.retried_read(
            lambda session: is_at_work(session, _PORT, route.project_id, pod.id)
        )

    def kept(
        self, neutron: NetworkClient, central: Resource, replica: Resource, pod: Pod
    ) -> Resource:
        """Bring the rules in line; first add, so that nothing that shall pass stops."""
        wanted = self._rules(central, replica["id"], pod)
        present = replica["security_group_rules"]
        for race in range(_RACES):
            missing, surplus = translate.rule_changes(wanted, present)
            try:
                self._add(neutron, replica, missing)
                break
            except Clash:
                if race == _RACES - 1:
                    raise
                fresh = neutron.get(self.kind, replica["id"])
                present = fresh["security_group_rules"]
        for rule_id in surplus:
            neutron.delete("security_group_rule", rule_id)
        return central

    def idle(self, routes: Iterable[Route]) -> Iterator[Route]:
        """Yield those of active ``routes`` that are default groups no port has."""
        found = self._reach.central.find(self.kind, name=_DEFAULT, fields=["id"])
        defaults = {group["id"] for group in found}
        for route in routes:
            if route.resource_id in defaults and self._unused(route):
                yield route

    def _unused(self, route: Route) -> bool:
        return bool(
            self._reach.database.retried_read(
                lambda session: members.idle(
                    session, [str(route.resource_id)], route.pod_id
                )
            )
        )

    def _is_idle(self, route: Route) -> bool:
        """Whether it is a default group that no port in the pod has."""
        if route.state != RouteState.ACTIVE or not self._unused(route):
            return False
        try:
            return bool(self.central(str(route.resource_id))["name"] == _DEFAULT)
        except CentralGone:
            return False

    def _add(
        self,
        neutron: NetworkClient,
        replica: Resource,
        missing: Iterable[Mapping[str, Any]],
    ) -> None:
        common = {
            "security_group_id": replica["id"],
            "project_id": replica["project_id"],
        }
        bodies = [{**rule, **common} for rule in missing]
        if bodies:
            neutron.create_all("security_group_rule", bodies)

    def _rules(self, central: Resource, own_id: str, pod: Pod) -> list[Rule]:
        rules: list[Rule] = []
        for rule in map(Rule.of, central["security_group_rules"]):
            if rule.remote_group_id is not None:
                rules += self._of_group(rule, central, own_id, pod)
            elif rule.remote_address_group_id is not None:
                there = self._address_groups.ensure(
                    rule.remote_address_group_id, pod, central["project_id"]
                )
                rules.append(
                    rule._replace(remote_address_group_id=there.pod_resource_id)
                )
            else:
                rules.append(rule)
        return rules

    def _of_group(
        self, rule: Rule, central: Resource, own_id: str, pod: Pod
    ) -> list[Rule]:
        """Return the rules for a group's members: elsewhere, and in the pod."""
        named = str(rule.remote_group_id)
        try:
            elsewhere = self._members.ensure(named, pod, central["project_id"])
        except CentralGone:
            # It went with its rules since we read them.
            return []
        rules = [
            rule._replace(
                remote_group_id=None, remote_address_group_id=elsewhere.pod_resource_id
            )
        ]
        here: str | None = own_id
        if named != central["id"]:
            route = self.route(named, pod)
            here = route.pod_resource_id if route else None
        if here:
            rules.append(rule._replace(remote_group_id=here))
        return rules


def _remotes(route: Route) -> list[str]:
    return list(route.details.get(_REMOTES, ()))
