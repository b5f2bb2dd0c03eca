# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Security groups and their rules.

A project has a group ``default`` in each pod already, which nobody can make: the
central one is mapped to it.

Groups refer to each other in their rules, in circles too. So a group is realised in
two steps: first the group alone, whose id is recorded while its route is still
pending; that is all that other groups need. Then its rules, and the route is active.
"""

import time
from collections.abc import Iterable, Mapping
from typing import Any

from tricircle.db.models import Pod, Route
from tricircle.network import translate
from tricircle.network.errors import Busy
from tricircle.network.intents import Hold
from tricircle.network.reconcilers.base import Reconciler
from tricircle.network.translate import Rule
from tricircle.regions.errors import Clash
from tricircle.regions.network import NetworkClient, Resource

_DEFAULT = "default"
#: How often someone else may add the same rule between our look and our call.
_RACES = 3


class SecurityGroupReconciler(Reconciler):
    """A group with its rules, the same in each pod."""

    kind = "security_group"

    def body(self, central: Resource, pod: Pod) -> dict[str, Any]:
        """Return what the group shall be, without its rules."""
        body = translate.security_group_body(central)
        if central["name"] == _DEFAULT:
            # Neutron refuses the name in any request, even if it is the same.
            del body["name"]
        return body

    def create(
        self, neutron: NetworkClient, central: Resource, body: Mapping[str, Any]
    ) -> Resource:
        """Make the group, or take the project's default one, which is always there."""
        if central["name"] != _DEFAULT:
            return super().create(neutron, central, body)
        # Neutron makes it when it is asked for by project.
        (group,) = neutron.find(
            self.kind, project_id=central["project_id"], name=_DEFAULT
        )
        return group

    def complete(
        self,
        neutron: NetworkClient,
        central: Resource,
        replica: Resource,
        hold: Hold,
        pod: Pod,
    ) -> Mapping[str, Any]:
        """Bring the rules in line, with the group's id known to others."""
        hold.note(replica["id"])
        self.kept(neutron, central, replica, pod)
        return {}

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

    def shell(self, central_id: str, pod: Pod) -> str:
        """Return the pod's id of a group, which may lack its rules yet."""
        end = time.monotonic() + self._reach.patience.wait
        while True:
            route = self.route(central_id, pod)
            if route is not None and route.pod_resource_id:
                return route.pod_resource_id
            if route is None or route.request_id is None:
                self._make_shell(central_id, pod)
            if time.monotonic() > end:
                raise Busy(
                    f"security group {central_id} in {pod.name} is not there yet"
                )
            # It is noted right after it was made.
            time.sleep(self._reach.patience.poll)

    def _make_shell(self, central_id: str, pod: Pod) -> None:
        central = self.central(central_id)
        held = self._intents.acquire(
            self.kind, central_id, pod.id, central["project_id"]
        )
        if isinstance(held, Route):
            return
        with self._working(held, pod):
            neutron = self._neutron(held, pod)
            replica = None if held.is_fresh else self._found(neutron, central)
            if replica is None:
                replica = self._create(neutron, central, self.body(central, pod))
            self._mark(neutron, central, replica)
            held.note(replica["id"])
        held.let_go(lambda session: None)

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
        rules = []
        for rule in map(Rule.of, central["security_group_rules"]):
            if rule.remote_address_group_id is not None:
                # Address groups are not realised: what they admit stays outside.
                continue
            remote = rule.remote_group_id
            if remote is not None:
                known = remote == central["id"]
                there = own_id if known else self.shell(remote, pod)
                rule = rule._replace(remote_group_id=there)
            rules.append(rule)
        return rules
