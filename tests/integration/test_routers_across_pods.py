# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""A router whose subnets are in two pods: between them, out, and in from outside."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from itertools import permutations
from typing import Any

import pytest

from lab.topology import INTERNET_ADDRESS, INTERNET_NAMESPACE
from tests.integration.bench import TOPOLOGY
from tests.integration.cloud import Cloud
from tests.integration.routed import (
    Guest,
    assert_nothing_is_left,
    attach,
    boot,
    external_network,
    make_port,
    open_group,
)
from tests.integration.test_across_pods import FULL_PING
from tests.integration.traffic import exchange, listening, pings
from tests.integration.waiting import wait_for

HERE, THERE = TOPOLOGY.pods[:2]
PORT, PUBLIC_PORT = 7021, 8021


@dataclass(frozen=True)
class Scene:
    """A router with a gateway in the first pod, and a server in each pod."""

    cloud: Cloud
    external: Any
    router: Any
    guests: list[Guest]


@pytest.fixture(scope="module")
def scene(whole_cloud: Cloud) -> Iterator[Scene]:
    with ExitStack() as stack:
        cloud = replace(whole_cloud, stack=stack)
        network = cloud.user.network
        group = open_group(cloud, "routed")
        external = external_network(cloud, HERE)
        networks = [
            cloud.make_network(f"in-{pod.slug}", f"10.9{pod.number}.0.0/24")
            for pod in (HERE, THERE)
        ]
        router = network.create_router(
            name=cloud.name("router"), external_gateway_info={"network_id": external.id}
        )
        stack.callback(network.delete_router, router)
        # One interface before there is anything in a pod, one after.
        attach(cloud, router, networks[0])
        guests = [
            boot(cloud, make_port(cloud, f"in-{pod.slug}", one, group), pod)
            for one, pod in zip(networks, (HERE, THERE), strict=True)
        ]
        attach(cloud, router, networks[1])
        yield Scene(cloud, external, router, guests)
    assert_nothing_is_left(cloud)


def _answers(namespace: str, address: str) -> None:
    wait_for(partial(pings, namespace, address), f"{address} to answer {namespace}")


def test_servers_reach_each_other_with_their_own_addresses(scene: Scene) -> None:
    for here, there in permutations(scene.guests, 2):
        _answers(here.namespace, there.address)
        assert pings(here.namespace, there.address, *FULL_PING)
        with listening(there.namespace, PORT):
            assert exchange(here.namespace, there.address, PORT) == here.address


def test_both_pods_reach_out_by_the_one_gateway(scene: Scene) -> None:
    network = scene.cloud.user.network
    info = network.get_router(scene.router).external_gateway_info
    ours = info["external_fixed_ips"][0]["ip_address"]
    for guest in scene.guests:
        _answers(guest.namespace, INTERNET_ADDRESS)
        with listening(INTERNET_NAMESPACE, PORT):
            assert exchange(guest.namespace, INTERNET_ADDRESS, PORT) == ours


def test_a_floating_ip_moves_from_pod_to_pod(scene: Scene) -> None:
    network = scene.cloud.user.network
    floating = network.create_ip(floating_network_id=scene.external.id)
    try:
        for guest in scene.guests:
            network.update_ip(floating, port_id=guest.port)
            address = floating.floating_ip_address

            def arrives(guest: Guest = guest, address: str = address) -> bool:
                with listening(guest.namespace, PORT):
                    return bool(exchange(INTERNET_NAMESPACE, address, PORT))

            wait_for(arrives, f"{address} to lead to {guest.address}")
            with listening(INTERNET_NAMESPACE, PORT):
                seen = exchange(guest.namespace, INTERNET_ADDRESS, PORT)
            assert seen == address
    finally:
        network.delete_ip(floating)


def test_a_port_of_a_floating_ip_leads_to_the_other_pod(scene: Scene) -> None:
    network, guest = scene.cloud.user.network, scene.guests[1]
    floating = network.create_ip(floating_network_id=scene.external.id)
    try:
        forwarding = network.create_port_forwarding(
            floatingip_id=floating.id,
            internal_port_id=guest.port,
            internal_ip_address=guest.address,
            internal_port=PORT,
            external_port=PUBLIC_PORT,
            protocol="tcp",
        )
        address = floating.floating_ip_address
        with listening(guest.namespace, PORT):
            forwarded = partial(exchange, INTERNET_NAMESPACE, address, PUBLIC_PORT)
            wait_for(forwarded, f"{address}:{PUBLIC_PORT} to lead to {guest.address}")
        # Neutron keeps a floating IP that forwards anything.
        network.delete_port_forwarding(forwarding, floating)
    finally:
        network.delete_ip(floating)
