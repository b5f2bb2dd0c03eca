# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""QoS policies and their rules, which networks and ports may have."""

from typing import Any

from tricircle.db.models import Pod
from tricircle.network import qos_rules, translate
from tricircle.network.errors import CentralGone
from tricircle.network.reconcilers.base import Reconciler
from tricircle.regions.errors import NotThere
from tricircle.regions.network import NetworkClient, Resource

_FIELD = "qos_policy_id"


class QosPolicyReconciler(Reconciler):
    """A policy with its rules, the same in each pod."""

    kind = "qos_policy"
    noun = "qos/policy"
    tagged = "policy"
    has_contents = True

    def central(self, central_id: str) -> Resource:
        """Return the central policy. CentralGone."""
        try:
            return self._reach.central.get(self.noun, central_id)
        except NotThere:
            raise CentralGone(self.kind, central_id) from None

    def body(self, central: Resource, pod: Pod) -> dict[str, Any]:
        """Return what the policy shall be, without its rules."""
        return translate.qos_policy_body(central)

    def kept(
        self, neutron: NetworkClient, central: Resource, replica: Resource, pod: Pod
    ) -> Resource:
        """Bring the rules in line; those of which only a number changed stay."""
        place = f"qos/policies/{replica['id']}"
        changes = qos_rules.changes(central["rules"], replica["rules"])
        for kind, rule_id in changes.surplus:
            neutron.delete(f"{place}/{kind}_rule", rule_id)
        for kind, rule_id, values in changes.changed:
            neutron.update(f"{place}/{kind}_rule", rule_id, values)
        for kind, values in changes.missing:
            neutron.create(f"{place}/{kind}_rule", values)
        return central

    def chosen(self, resource: Resource, pod: Pod) -> dict[str, Any]:
        """Return what a replica's body says of the policy that a resource has.

        Nothing, if the central region knows no policies.
        """
        if _FIELD not in resource:
            return {}
        policy_id = resource[_FIELD]
        if policy_id is None:
            return {_FIELD: None}
        route = self.ensure(policy_id, pod, resource["project_id"])
        return {_FIELD: route.pod_resource_id}
