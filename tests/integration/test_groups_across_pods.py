# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Security groups that name groups: members in other pods pass, and nobody else.

Also what else users choose for ports: it works in the pod that the port is in.
"""

import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import pytest

from tests.integration.bench import TOPOLOGY, connect
from tests.integration.cloud import Cloud, zone_of
from tests.integration.routed import Guest
from tests.integration.servers import wait_for_address
from tests.integration.traffic import exchange, listening, pings
from tests.integration.waiting import wait_for

HERE, THERE = TOPOLOGY.pods[:2]
TCP_PORT = 7011


@dataclass(frozen=True)
class Scene:
    """A network in two pods, a group that admits itself, and one that admits nobody."""

    cloud: Cloud
    network: Any
    members: Any
    strangers: Any

    def join(self, nic: Guest, *groups: Any) -> None:
        ids = [group.id for group in groups]
        self.cloud.user.network.update_port(nic.port, security_groups=ids)


@pytest.fixture(scope="module")
def scene(whole_cloud: Cloud) -> Iterator[Scene]:
    network = whole_cloud.user.network
    with ExitStack() as stack:
        cloud = replace(whole_cloud, stack=stack)
        groups = []
        for what in ("members", "strangers"):
            group = network.create_security_group(name=cloud.name(what))
            stack.callback(network.delete_security_group, group)
            groups.append(group)
        members, strangers = groups
        for protocol in ("icmp", "tcp"):
            network.create_security_group_rule(
                security_group_id=members.id,
                direction="ingress",
                ether_type="IPv4",
                protocol=protocol,
                remote_group_id=members.id,
            )
        made = cloud.make_network("groups", "10.82.0.0/24")
        yield Scene(cloud, made, members, strangers)
    _assert_nothing_is_left(members.id)


def _assert_nothing_is_left(group: str) -> None:
    for pod in TOPOLOGY.pods:
        network = connect(pod.slug).network
        wait_for(partial(_has_no_members, network, group), f"{pod.name} to be empty")


def _has_no_members(network: Any, group: str) -> bool:
    return not any(group in one.name for one in network.address_groups())


def plug(scene: Scene, what: str, pod: Any, *groups: Any, **port: Any) -> Guest:
    """A server in a pod, with a port that the user made; both go with the test."""
    network, stack = scene.cloud.user.network, scene.cloud.stack
    made = network.create_port(
        name=scene.cloud.name(what),
        network_id=scene.network.id,
        security_groups=[group.id for group in groups],
        **port,
    )
    stack.callback(network.delete_port, made)
    server = scene.cloud.create_server(what, zone_of(pod), [{"port": made.id}])
    scene.cloud.wait_active(server)
    nic = Guest(server, made.id, made.fixed_ips[0]["ip_address"])
    wait_for_address(nic.namespace, made.mac_address, nic.address)
    return nic


@pytest.fixture(scope="module")
def host(scene: Scene) -> Guest:
    """A member, whom others try to reach."""
    return plug(scene, "host", HERE, scene.members)


@pytest.fixture(scope="module")
def guest(scene: Scene, host: Guest) -> Guest:
    """A server in the other pod; it is a stranger at first."""
    return plug(scene, "guest", THERE, scene.strangers)


def stops(works: Callable[[], object], what: str) -> None:
    wait_for(lambda: not works(), f"{what} to be blocked")
    assert not works(), f"{what} is blocked, then passes"


def test_a_member_elsewhere_is_admitted_from_when_it_joins_until_it_leaves(
    scene: Scene, host: Guest, guest: Guest
) -> None:
    def ping() -> bool:
        return pings(guest.namespace, host.address)

    def connects() -> str | None:
        return exchange(guest.namespace, host.address, TCP_PORT)

    stops(ping, "a stranger's ping")
    scene.join(guest, scene.strangers, scene.members)
    wait_for(ping, "a member's ping to pass")
    wait_for(lambda: pings(host.namespace, guest.address), "the ping the other way")
    with listening(host.namespace, TCP_PORT):
        assert connects() == guest.address
    scene.join(guest, scene.strangers)
    stops(ping, "the ping of one who left")


def test_a_member_is_admitted_from_its_boot_until_its_end(
    scene: Scene, host: Guest
) -> None:
    with ExitStack() as stack:
        there = replace(scene, cloud=replace(scene.cloud, stack=stack))
        nic = plug(there, "visitor", THERE, scene.members)
        wait_for(
            lambda: pings(nic.namespace, host.address), "a new member's ping to pass"
        )
    # Whoever has its address next is nobody.
    with ExitStack() as stack:
        there = replace(scene, cloud=replace(scene.cloud, stack=stack))
        same = [{"ip_address": nic.address}]
        heir = plug(there, "heir", THERE, scene.strangers, fixed_ips=same)
        stops(lambda: pings(heir.namespace, host.address), "the heir's ping")


def test_rules_may_name_addresses_by_a_group(
    scene: Scene, host: Guest, guest: Guest
) -> None:
    network = scene.cloud.user.network
    with ExitStack() as stack:
        offices = network.create_address_group(
            name=scene.cloud.name("offices"), addresses=["198.51.100.0/24"]
        )
        stack.callback(network.delete_address_group, offices)
        group = network.create_security_group(name=scene.cloud.name("open"))
        stack.callback(network.delete_security_group, group)
        network.create_security_group_rule(
            security_group_id=group.id,
            direction="ingress",
            ether_type="IPv4",
            protocol="icmp",
            remote_address_group_id=offices.id,
        )
        scene.join(host, scene.members, group)
        stack.callback(scene.join, host, scene.members)

        def ping() -> bool:
            return pings(guest.namespace, host.address)

        stops(ping, "a ping from an address that nobody named")
        network.add_addresses_to_address_group(offices, [f"{guest.address}/32"])
        wait_for(ping, "a ping from a named address to pass")
        network.remove_addresses_from_address_group(offices, [f"{guest.address}/32"])
        stops(ping, "a ping from an address that is named no more")


def test_a_port_without_security_admits_everyone(
    scene: Scene, host: Guest, guest: Guest
) -> None:
    network = scene.cloud.user.network

    def ping() -> bool:
        return pings(guest.namespace, host.address)

    stops(ping, "a stranger's ping")
    network.update_port(host.port, port_security_enabled=False, security_groups=[])
    wait_for(ping, "a ping to a port without security")
    network.update_port(
        host.port, port_security_enabled=True, security_groups=[scene.members.id]
    )
    stops(ping, "a ping to a port with security again")


def test_an_address_that_moves_between_members_is_admitted(
    scene: Scene, host: Guest, guest: Guest
) -> None:
    network, virtual = scene.cloud.user.network, "10.82.0.250"
    scene.join(guest, scene.members)
    add = [
        "ip",
        "-n",
        guest.namespace,
        "address",
        "add",
        f"{virtual}/24",
        "dev",
        "eth0",
    ]
    subprocess.run(add, check=True)
    network.update_port(guest.port, allowed_address_pairs=[{"ip_address": virtual}])
    wait_for(
        lambda: pings(guest.namespace, host.address, "-I", virtual),
        "a ping from an address that moves",
    )
    network.update_port(guest.port, allowed_address_pairs=[])
    scene.join(guest, scene.strangers)


def test_a_server_that_stops_takes_its_port_down(scene: Scene, guest: Guest) -> None:
    compute, network = scene.cloud.user.compute, scene.cloud.user.network

    def shows(status: str) -> bool:
        return bool(network.get_port(guest.port).status == status)

    wait_for(lambda: shows("ACTIVE"), "the port of a server to be ACTIVE")
    compute.stop_server(guest.server)
    wait_for(lambda: shows("DOWN"), "the port of a stopped server to be DOWN")
    compute.start_server(guest.server)
    wait_for(lambda: shows("ACTIVE"), "the port of a started server to be ACTIVE")
