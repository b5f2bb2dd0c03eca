# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Networks: carried as their interconnect says; external ones live in one pod.

A network goes with the replicas of its ports: it had none in the central region any
more when it was deleted there.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from tricircle.db.models import Pod, Route, RouteState
from tricircle.network import translate
from tricircle.network.errors import NotReachable
from tricircle.network.interconnect import kinds
from tricircle.network.reach import Reach
from tricircle.network.reconcilers.adopted import Adopting
from tricircle.network.reconcilers.qos_policy import QosPolicyReconciler
from tricircle.network.reconcilers.room import Exclusive
from tricircle.network.reconcilers.router_bridge import is_bridge
from tricircle.pods.errors import RouteElsewhere
from tricircle.regions.errors import Clash
from tricircle.regions.network import NetworkClient, Resource

_EXTERNAL = "router:external"
_TYPE, _PHYSICAL = "provider:network_type", "provider:physical_network"
#: Ids in one query, which is a line that servers bound.
_BATCH = 100
_WIRE = (_TYPE, _PHYSICAL, "provider:segmentation_id")


class NetworkReconciler(Exclusive, Adopting):
    """A network of a type that spans pods may be in each of them, others in one."""

    kind = "network"
    advice = (
        "delete it there, or take its VLAN out of the central Neutron's"
        " network_vlan_ranges"
    )

    def __init__(self, reach: Reach) -> None:
        super().__init__(reach)
        self._policies = QosPolicyReconciler(reach)

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
                f"network {central_id} is external, or of a type that is local to a"
                f" pod, and it is in {other.name}, so it can't be in {pod.name}; use a"
                " VLAN network"
            ) from None

    def is_sole(self, central_id: str) -> bool:
        """Whether its type is local to a pod, or it is a pod's way out."""
        central = self.central(central_id)
        return bool(central.get(_EXTERNAL)) or not kinds.of(central).spans_pods

    def body(self, central: Resource, pod: Pod) -> dict[str, Any]:
        """Return what the replica shall be. NotReachable if its zones are others."""
        hints = central.get("availability_zone_hints")
        if hints and pod.az_name not in hints:
            raise NotReachable(
                f"network {central['id']} may be in the zones {', '.join(hints)} only,"
                f" and {pod.name} is in {pod.az_name}"
            )
        body = translate.network_body(central, self._provider(central))
        return body | self._policies.chosen(central, pod)

    def existing(
        self, neutron: NetworkClient, body: Mapping[str, Any]
    ) -> Resource | None:
        """Return the external network that is on the same wire, if ours is one."""
        if not body.get(_EXTERNAL):
            return None
        there = neutron.find("network", **{_EXTERNAL: "True"})
        return next((one for one in there if _same_wire(one, body)), None)

    def in_the_way(
        self, neutron: NetworkClient, body: Mapping[str, Any]
    ) -> list[Resource]:
        """Return what is on the same wire, of which a physical network has one."""
        physical = body.get(_PHYSICAL)
        if physical is None:
            return []
        there = neutron.find("network", **{_PHYSICAL: physical})
        return [one for one in there if _same_wire(one, body)]

    def delete(self, neutron: NetworkClient, replica_id: str) -> None:
        """Delete the replica, and first those of ports that are gone."""
        try:
            super().delete(neutron, replica_id)
        except Clash:
            if not self._cleared(neutron, replica_id):
                raise
            super().delete(neutron, replica_id)

    def _cleared(self, neutron: NetworkClient, replica_id: str) -> bool:
        """Delete what is left of ports in a replica; return whether there was any."""
        there = {
            port["id"]: owner
            for port in neutron.find("port", network_id=replica_id)
            if (owner := translate.marked(port))
        }
        kept = self._wanted([*there.values()])
        left = [port_id for port_id, owner in there.items() if owner not in kept]
        for port_id in left:
            neutron.delete("port", port_id)
        return bool(left)

    def _wanted(self, port_ids: Sequence[str]) -> set[str]:
        """Return which of these ports the central region has."""
        find = partial(self._reach.central.find, "port", fields=["id"])
        return {
            port["id"]
            for start in range(0, len(port_ids), _BATCH)
            for port in find(id=port_ids[start : start + _BATCH])
        }

    def _provider(self, central: Resource) -> Mapping[str, Any]:
        if central.get(_EXTERNAL):
            return {_EXTERNAL: True, **self._uplink(central)}
        provider = kinds.of(central).provider(central)
        if is_bridge(self._reach, central["id"]):
            # The gateway of the pod's east-west router.
            return {_EXTERNAL: True, **provider}
        return provider

    def _uplink(self, central: Resource) -> Mapping[str, Any]:
        """Return how a pod carries its external network: as the central one says.

        There can be one flat network of a name only in the central region, but one
        in each pod; so there they are of type ``local``.
        """
        if central[_TYPE] == "local":
            physical = self._reach.ranges.external_physical_network
            return {_TYPE: "flat", _PHYSICAL: physical}
        return {name: central[name] for name in _WIRE if central.get(name) is not None}


def _same_wire(network: Resource, body: Mapping[str, Any]) -> bool:
    return all(network.get(name) == body.get(name) for name in _WIRE)
