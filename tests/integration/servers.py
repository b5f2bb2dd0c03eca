# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Servers made at a bench, seen from both sides: Nova's, and the namespace's."""

import json
import subprocess
from dataclasses import dataclass
from typing import Any

from tests.integration.bench import GUESTS, Bench
from tests.integration.waiting import wait_for, wait_for_status, wait_until_gone
from tricircle_lab.guest import Guest
from tricircle_lab.model import namespace_of


@dataclass(frozen=True)
class Server:
    """A server with its first port, as Nova and Neutron describe them."""

    id: str
    name: str
    port: str
    mac: str
    address: str

    @property
    def namespace(self) -> str:
        """The namespace that plays the server, whether it is there or not."""
        return namespace_of(self.id)


def boot(
    bench: Bench, network: Any, *purposes: str, groups: tuple[Any, ...] = ()
) -> list[Server]:
    """Servers on a network, side by side: ACTIVE, and their addresses are set."""
    chosen = {"security_groups": [{"name": g.id} for g in groups]} if groups else {}
    made: list[str] = []
    bench.stack.callback(lambda: delete(bench, *made))
    for purpose in purposes:
        server = bench.user.compute.create_server(
            name=bench.name(purpose),
            image_id=bench.image,
            flavor_id=bench.flavor,
            networks=[{"uuid": network.id}],
            **chosen,
        )
        made.append(server.id)
    return [_booted(bench, server) for server in made]


def _booted(bench: Bench, id_: str) -> Server:
    name = wait_for_server(bench, id_, "ACTIVE").name
    (port,) = bench.user.network.ports(device_id=id_)
    address = port.fixed_ips[0]["ip_address"]
    server = Server(id_, name, port.id, port.mac_address, address)
    wait_for_address(server.namespace, server.mac, server.address)
    return server


def delete(bench: Bench, *servers: str) -> None:
    """Delete servers that are there, and wait until they are gone."""
    for server in servers:
        bench.user.compute.delete_server(server, ignore_missing=True)
    for server in servers:
        wait_until_gone(bench.user.compute.get_server, server)


def unplug(bench: Bench, server: str, port: str) -> None:
    """Take a NIC that is there from a server, and wait until its port is gone."""
    bench.user.compute.delete_server_interface(port, server, ignore_missing=True)
    wait_until_gone(bench.user.network.get_port, port)


def wait_for_server(bench: Bench, server: str, status: str) -> Any:
    """A server as Nova shows it, once it has a status."""
    return wait_for_status(bench.user.compute.get_server, server, status)


def guest_of(server: Server) -> Guest:
    """What the hypervisor's record says of a server."""
    guest = GUESTS.load(server.id)
    assert guest, f"{server.name} has no record"
    return guest


def addresses(namespace: str) -> dict[str, list[str]]:
    """The IPv4 addresses of each MAC in a namespace; nothing if there is none."""
    shown = subprocess.run(
        ["ip", "-n", namespace, "-j", "address"],
        capture_output=True,
        text=True,
        check=False,
    )
    return {
        link["address"]: [
            info["local"] for info in link["addr_info"] if info["family"] == "inet"
        ]
        for link in json.loads(shown.stdout or "[]")
        if link["link_type"] == "ether"
    }


def wait_for_address(namespace: str, mac: str, address: str) -> None:
    """Wait until a server has got an address for the NIC of a MAC."""
    wait_for(
        lambda: addresses(namespace).get(mac) == [address],
        f"{mac} in {namespace} to have {address}",
    )
