# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""A central port that perhaps no server needs any more, and what is to become of it."""

import logging
from collections.abc import Iterable
from datetime import datetime

from tricircle.db.models import Pod, RouteState
from tricircle.jobs.retry import Again, Wait
from tricircle.placed.lists import Lists
from tricircle.placed.nouns import SERVER
from tricircle.placed.ports import ServerPorts
from tricircle.placed.reach import Reach
from tricircle.pods import routing
from tricircle.pods.errors import RouteNotFound
from tricircle.pods.server_ports import Promise, is_made, promised
from tricircle.regions.network import Resource

LOG = logging.getLogger(__name__)

#: How often it is looked whether a server lets go of a port, and the longest pause.
_LOOKS, _LONGEST_PAUSE = 12, 60.0


class LettingGo:
    """Parts with ports that no server uses, and claims those that one does."""

    def __init__(self, reach: Reach) -> None:
        self._reach = reach
        self._lists = Lists(reach)
        self._ports = ServerPorts(reach)

    def settle(self, port_id: str, attempts: int) -> None:
        """Find out who uses a port; it may be nobody, or be gone.

        Wait while a server is about to let go of it; ``attempts`` were made before.
        Again while a gateway may be at work. RegionsError if a pod can't tell.
        """
        port = self._ports.get(port_id)
        if port is None or not (port["device_id"] or is_made(port)):
            return
        promise = promised(port)
        if promise and self._is_attended(promise):
            return
        if promise or not port["device_id"]:
            self._check_age(port)
        realised = {route.pod_id for route in self._ports.routes([port_id])}
        if not (realised or is_made(port) or promise):
            return  # a user wrote that there: Tricircle has nothing to do with it
        user = self._ports.users([port]).get(port_id)
        said = None if promise else port["device_id"] or None
        server, pod = self._living([user, said], realised)
        if server is None or pod is None:
            self._ports.part(port)
        elif server["id"] != said:
            self._ports.claim(port, server["id"], pod)
        elif user is None:
            LOG.warning("Port %s of server %s is in no pod", port_id, server["id"])
        elif not user and server["status"] != "BUILD":
            self._ports.part(port)
        elif attempts < _LOOKS:
            raise Wait(
                f"server {server['id']} in {pod.name} has not let go of it yet",
                after=min(2.0**attempts, _LONGEST_PAUSE),
            )
        else:
            LOG.warning("Server %s keeps port %s", server["id"], port_id)

    def _is_attended(self, promise: Promise) -> bool:
        """Whether a create has the port, so that its own job sees to it."""
        try:
            intent = self._reach.database.retried_read(
                lambda session: routing.get(session, promise.intent_id)
            )
        except RouteNotFound:
            return False  # an attachment of an interface has none
        return intent.state == RouteState.PENDING

    def _check_age(self, port: Resource) -> None:
        """Again if someone may be about to give the port to a server."""
        changed = datetime.fromisoformat(port["updated_at"])
        unsettled = self._reach.patience.unsettled(changed)
        if unsettled > 0:
            raise Again(unsettled)

    def _living(
        self, server_ids: Iterable[str | None], realised: Iterable[str]
    ) -> tuple[Resource | None, Pod | None]:
        """The first of these servers that a pod has: where the port is, or may be."""
        for server_id in dict.fromkeys(filter(None, server_ids)):
            for pod in self._where(server_id, realised):
                server = self._lists.show(SERVER, server_id, pod)
                if server is not None:
                    return server, pod
        return None, None

    def _where(self, server_id: str, realised: Iterable[str]) -> list[Pod]:
        routes = self._reach.database.retried_read(
            lambda session: routing.find(session, SERVER, server_id)
        )
        known = {*realised, *(route.pod_id for route in routes)}
        pods = self._reach.pods()
        return [pod for pod in pods if pod.id in known] or pods
