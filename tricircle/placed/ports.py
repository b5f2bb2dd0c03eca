# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""The central ports of servers: who uses them, claiming them, parting with them."""

import logging
from collections.abc import Collection, Mapping, Sequence
from functools import partial

from sqlalchemy.orm import Session

from tricircle.db.models import Pod, Route, RouteState
from tricircle.jobs.queue import enqueue
from tricircle.placed.reach import Reach
from tricircle.pods import routing
from tricircle.pods.server_ports import MADE, is_made
from tricircle.regions.errors import NotThere
from tricircle.regions.network import Resource

LOG = logging.getLogger(__name__)

#: Neutron's name, the routes' type, and the kind of job that realises it.
PORT = "port"
#: Ids in one query, which is a line that servers bound.
_BATCH = 100


class ServerPorts:
    """Ports of servers, in the central region and in pods.

    RegionsError if a region can't tell, or did not do it; then do it again.
    """

    def __init__(self, reach: Reach) -> None:
        self._reach = reach

    def get(self, port_id: str) -> Resource | None:
        """Return a central port, if it is there."""
        try:
            return self._reach.central().get(PORT, port_id)
        except NotThere:
            return None

    def of(self, device_ids: Sequence[str]) -> list[Resource]:
        """Return the central ports that say one of these."""
        central = self._reach.central()
        return [
            port
            for start in range(0, len(device_ids), _BATCH)
            for port in central.find(PORT, device_id=device_ids[start : start + _BATCH])
        ]

    def routes(self, port_ids: Collection[str]) -> list[Route]:
        """Return where central ports are realised, or are about to be."""
        return self._reach.database.retried_read(
            lambda session: routing.find_many(session, PORT, port_ids)
        )

    def users(self, ports: Sequence[Resource]) -> Mapping[str, str]:
        """Return, for central ports that are in a pod, the server it bound them to.

        For nobody that is empty. Ports that are in no pod are left out.
        """
        users: dict[str, str] = {}
        for route in self.routes([port["id"] for port in ports]):
            replica = self._replica(route)
            if replica is not None:
                port_id = str(route.resource_id)
                users[port_id] = replica["device_id"] or users.get(port_id, "")
        return users

    def _replica(self, route: Route) -> Resource | None:
        if not route.pod_resource_id:
            return None  # no server has been told of it
        neutron = self._reach.neutron(self._reach.pod(route.pod_id))
        try:
            return neutron.get(PORT, route.pod_resource_id)
        except NotThere:
            return None

    def claim(self, port: Resource, server_id: str, pod: Pod) -> None:
        """Have a central port say that it is a server's, as its pod told."""
        central = self._reach.central()
        self._reach.check()
        if is_made(port) and MADE not in port["tags"]:
            # Once it says the server, nothing else would tell that it was made.
            central.tag(PORT, port["id"], [*port["tags"], MADE])
        owner = {"device_id": server_id, "device_owner": f"compute:{pod.az_name}"}
        central.update(PORT, port["id"], owner)
        LOG.info("Port %s is server %s's in %s", port["id"], server_id, pod.name)

    def part(self, port: Resource) -> None:
        """Part with a central port that no server uses: delete it, or free it.

        Its replicas go first: an address that is free in the central region must be
        free in the pods, too.
        """
        self._reach.check()
        for route in self._reach.database.retried(partial(_release, port["id"])):
            if route.pod_resource_id:
                neutron = self._reach.neutron(self._reach.pod(route.pod_id))
                neutron.delete(PORT, route.pod_resource_id)
        self._remove_unrecorded(port)
        central = self._reach.central()
        self._reach.check()
        if is_made(port):
            central.delete(PORT, port["id"])
        else:
            # Someone may have it for another server by now: a Clash, and another run.
            free = {"device_id": "", "device_owner": ""}
            central.update(PORT, port["id"], free, revision=port["revision_number"])
        LOG.info("Port %s was %s's, and is parted with", port["id"], port["device_id"])

    def _remove_unrecorded(self, port: Resource) -> None:
        # A replica whose maker died need not have a route, nor a mark. But it is in a
        # replica of the port's network, and has its MAC, of which a network has one.
        networks = self._reach.database.retried_read(
            lambda session: routing.find(session, "network", port["network_id"])
        )
        for network in networks:
            if network.pod_resource_id:
                neutron = self._reach.neutron(self._reach.pod(network.pod_id))
                for replica in neutron.find(
                    PORT,
                    network_id=network.pod_resource_id,
                    mac_address=port["mac_address"],
                    fields="id",
                ):
                    neutron.delete(PORT, replica["id"])


def _release(port_id: str, session: Session) -> list[Route]:
    """Have jobs clean up after the port's replicas, which are about to go."""
    routes = routing.find(session, PORT, port_id)
    for route in sorted(routes, key=lambda route: route.pod_id):
        routing.update(session, route.id, state=RouteState.DELETING)
        enqueue(session, PORT, port_id, route.pod_id, route.project_id)
    return routes
