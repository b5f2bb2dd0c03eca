# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""External networks: each lives in one pod, whose uplink it is.

Its zone hints say where. Without hints, or where several pods are in the zones, it is
a pod that its first router is in already, or else the first one by name; there it
stays.
"""

from collections.abc import Collection, Iterable
from contextlib import suppress

from sqlalchemy.orm import Session

from tricircle.db.models import Pod, PodState, RouteState
from tricircle.network.errors import NotReachable
from tricircle.network.reach import Reach
from tricircle.pods import registry, routing
from tricircle.pods.errors import RouteElsewhere, RouteExists
from tricircle.regions.network import Resource

_KIND = "network"


class ExternalNetworks:
    """Knows and chooses the pods of external networks."""

    def __init__(self, reach: Reach) -> None:
        self._reach = reach

    def pod_of(self, network_id: str) -> str | None:
        """Return the id of the pod where a network lives, None if nowhere yet."""
        routes = self._reach.database.retried_read(
            lambda session: routing.find(session, _KIND, network_id)
        )
        there = [one.pod_id for one in routes if one.state != RouteState.DELETING]
        return there[0] if there else None

    def place(self, network_id: str, near: Collection[str]) -> str:
        """Return the id of the pod where a network lives, chosen if need be.

        ``near`` are pods that are better than others. NotReachable.
        """
        pod_id = self.pod_of(network_id)
        if pod_id is not None:
            return pod_id
        network = self._reach.central.get(_KIND, network_id)
        pods = self._reach.database.retried_read(
            lambda session: registry.pods(session, with_central=False)
        )
        chosen = choose(network, pods, near)

        def work(session: Session) -> None:
            routing.intend(
                session,
                resource_type=_KIND,
                resource_id=network_id,
                pod_id=chosen.id,
                project_id=network["project_id"],
                is_sole=True,
            )

        # Whoever was faster chose, too.
        with suppress(RouteExists, RouteElsewhere):
            self._reach.database.retried(work)
        return self.pod_of(network_id) or chosen.id


def choose(network: Resource, pods: Iterable[Pod], near: Collection[str]) -> Pod:
    """Return the pod for an external network. NotReachable if there is none."""
    hints = network.get("availability_zone_hints") or ()
    fit = [pod for pod in pods if not hints or pod.az_name in hints]
    if not fit:
        where = f"in the zones {', '.join(hints)}" if hints else "at all"
        raise NotReachable(
            f"external network {network['id']} can be nowhere: there is no pod {where}"
        )

    def merit(pod: Pod) -> tuple[bool, bool, str]:
        return pod.state != PodState.ACTIVE, pod.id not in near, pod.name

    return min(fit, key=merit)
