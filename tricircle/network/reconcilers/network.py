# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Networks: carried as their interconnect says."""

from typing import Any

from tricircle.db.models import Pod, Route, RouteState
from tricircle.network import translate
from tricircle.network.errors import NotReachable
from tricircle.network.interconnect import kinds
from tricircle.network.reconcilers.base import Reconciler
from tricircle.pods.errors import RouteElsewhere
from tricircle.regions.network import Resource


class NetworkReconciler(Reconciler):
    """A network of a type that spans pods may be in each of them, others in one."""

    kind = "network"

    def ensure(self, central_id: str, pod: Pod, project_id: str) -> Route:
        """Return the active route to the replica, made if there was none."""
        route = self.route(central_id, pod)
        if route is not None and route.state == RouteState.ACTIVE:
            return route
        try:
            return super().ensure(central_id, pod, project_id)
        except RouteElsewhere as elsewhere:
            other = self._reach.pod(elsewhere.pod_id)
            raise NotReachable(
                f"network {central_id} is of a type that is local to a pod, and it is"
                f" in {other.name}, so it can't be in {pod.name}; use a VLAN network"
            ) from None

    def is_sole(self, central_id: str) -> bool:
        """Whether its type is local to a pod."""
        return not kinds.of(self.central(central_id)).spans_pods

    def body(self, central: Resource, pod: Pod) -> dict[str, Any]:
        """Return what the replica shall be."""
        return translate.network_body(central, kinds.of(central).provider(central))
