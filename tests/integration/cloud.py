# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""The cloud that users see: one region, and what operators know of it.

It is used through Tricircle's gateway and operators' API, as they are in the
catalogue. Whether it did right is then asked of the pods themselves.
"""

from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from keystoneauth1.adapter import Adapter

from lab.topology import Pod
from tests.integration.bench import TOPOLOGY
from tests.integration.waiting import wait_for, wait_for_status, wait_until_gone

#: A user of another project: their connection to a cloud, by its name.
Stranger = Callable[[str], Any]

_ROUTED = ("server", "volume", "port", "subnet", "network", "security_group")


@dataclass(frozen=True)
class Cloud:
    """Connections to the one region, and the stack of what is to be removed.

    ``user`` is an ordinary user's connection, ``admin`` an administrator's,
    ``operators`` speaks with Tricircle's own API. ``run`` is the name of the test run.
    """

    user: Any
    admin: Any
    operators: Adapter
    run: str
    flavor: str
    stack: ExitStack

    def name(self, what: str) -> str:
        """The name of something that is made here."""
        return f"{self.run}-{what}"

    @property
    def image(self) -> str:
        """The id of the lab's image."""
        return str(self.user.image.find_image("lab", ignore_missing=False).id)

    @property
    def project_id(self) -> str:
        """The user's project."""
        return str(self.user.current_project_id)

    def make_network(self, what: str, cidr: str) -> Any:
        """The user's network with one subnet."""
        network = self.user.network.create_network(name=self.name(what))
        self.stack.callback(self.user.network.delete_network, network)
        self.user.network.create_subnet(
            network_id=network.id, name=network.name, ip_version=4, cidr=cidr
        )
        return self.user.network.get_network(network.id)

    def create_server(self, what: str, zone: str | None, networks: Any) -> str:
        """Ask for a server; return its id. The end of the test deletes it."""
        chosen = {} if zone is None else {"availability_zone": zone}
        server = self.user.compute.create_server(
            name=self.name(what),
            image_id=self.image,
            flavor_id=self.flavor,
            networks=networks,
            **chosen,
        )
        self.stack.callback(self.delete_servers, [server.id])
        return str(server.id)

    def wait_active(self, server: str) -> Any:
        """The server, once it is ACTIVE."""
        return wait_for_status(self.user.compute.get_server, server, "ACTIVE")

    def delete_servers(self, servers: Iterable[str]) -> None:
        """Delete servers that are there, and wait until they are gone."""
        servers = list(servers)
        for server in servers:
            self.user.compute.delete_server(server, ignore_missing=True)
        for server in servers:
            wait_until_gone(self.user.compute.get_server, server)

    def routings(self, type_: str, **query: str) -> list[dict[str, Any]]:
        """Where Tricircle thinks that the user's resources of a type live."""
        filters = {"resource_type": type_, "project_id": self.project_id, **query}
        found = self.operators.get("/routings", params=filters).json()
        return list(found["routings"])

    def jobs(self, **query: str) -> list[dict[str, Any]]:
        """Jobs, by a filter."""
        return list(self.operators.get("/jobs", params=query).json()["jobs"])

    def wait_forgotten(self, *central_ids: str) -> None:
        """Wait until no routing knows these resources any more."""

        def forgotten() -> bool:
            known = {
                routing["resource_id"]
                for type_ in _ROUTED
                for routing in self.routings(type_)
            }
            return known.isdisjoint(central_ids)

        wait_for(forgotten, f"routings of {central_ids} to go")


def zone_of(pod: Pod) -> str:
    """The availability zone that stands for a pod."""
    return f"az{pod.number}"


def register(operators: Adapter) -> None:
    """Register the central region and every pod, unless they are."""
    found = operators.get("/pods").json()["pods"]
    known = {pod["pod_name"] for pod in found}
    wanted: list[dict[str, str]] = [{"pod_name": TOPOLOGY.central.name}]
    wanted += [
        {
            "pod_name": pod.name,
            "az_name": zone_of(pod),
            "pod_az_name": "nova",
            "dc_name": f"dc{pod.number}",
        }
        for pod in TOPOLOGY.pods
    ]
    for pod in wanted:
        if pod["pod_name"] not in known:
            operators.post("/pods", json={"pod": pod})
