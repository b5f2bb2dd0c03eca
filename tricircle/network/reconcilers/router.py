# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""The two routers that a pod may have of a central one, as replicas.

What is on them follows from the plan, see ``router_in_pod``; here they are made,
found by their marks, and taken apart before they are deleted.
"""

from typing import Any

from tricircle.db.models import Pod
from tricircle.network import translate
from tricircle.network.reconcilers.base import Reconciler
from tricircle.network.reconcilers.router_replica import PodRouter
from tricircle.regions.network import NetworkClient, Resource

_EAST_WEST = ".east-west"


class RouterReconciler(Reconciler):
    """The replica, which serves the subnets of the router that are in the pod."""

    kind = "router"

    def body(self, central: Resource, pod: Pod) -> dict[str, Any]:
        """Return what the replica shall be, without what is on it."""
        return translate.router_body(central)

    def delete(self, neutron: NetworkClient, replica_id: str) -> None:
        """Delete the replica, and first what is on it."""
        dismantled(neutron, replica_id)


class EastWestReconciler(Reconciler):
    """The router by which a pod reaches the router's subnets in other pods.

    To routes it is a resource of its own, named after the central router.
    """

    kind = "east_west_router"
    noun = "router"

    def central(self, central_id: str) -> Resource:
        """Return the central router as what this one is a replica of. CentralGone."""
        router = RouterReconciler(self._reach).central(router_id(central_id))
        return {**router, "id": central_id}

    def body(self, central: Resource, pod: Pod) -> dict[str, Any]:
        """Return what the router shall be, without what is on it."""
        return translate.east_west_body(central, router_id(central["id"]))

    def delete(self, neutron: NetworkClient, replica_id: str) -> None:
        """Delete the router, and first what is on it."""
        dismantled(neutron, replica_id)

    def job(self, central_id: str) -> tuple[str, str]:
        """Return the router's: it has none of its own."""
        return RouterReconciler.kind, router_id(central_id)


def east_west_id(router: str) -> str:
    """Return what a router's east-west routers are replicas of."""
    return f"{router}{_EAST_WEST}"


def router_id(east_west: str) -> str:
    """Return the central router of an east-west one."""
    return east_west.removesuffix(_EAST_WEST)


def interface_mark(central_id: str) -> str:
    """Return the description of the interfaces that a pod's router has from us."""
    return f"{translate.mark(central_id)}.if"


def dismantled(neutron: NetworkClient, replica_id: str) -> None:
    """Delete a pod's router with all that is on it; it may be gone already."""
    found = neutron.find("router", id=replica_id)
    for router in found:
        mark = interface_mark(translate.marked(router) or replica_id)
        PodRouter(neutron, replica_id, mark, router["project_id"]).dismantle()
        neutron.delete("router", replica_id)
