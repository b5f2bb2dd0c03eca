# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Servers of two pods meet on one VLAN of the physical network between the pods."""

import random
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from itertools import permutations

import pytest

from lab.config.neutron import DCI_VLAN
from lab.topology import Pod
from tests.integration.bench import TOPOLOGY, Bench
from tests.integration.networks import admit, make_group, make_vlan
from tests.integration.servers import Server, boot
from tests.integration.traffic import exchange, listening, pings
from tests.integration.waiting import wait_for

CIDR = "10.80.0.0/24"
PORT = 7003
#: The largest ICMP payload that fits into a packet of 1500 bytes.
FULL_PING = ("-M", "do", "-s", "1472")


@pytest.fixture(scope="module")
def neighbours(bench_in: Callable[[Pod], Bench]) -> Iterator[list[Server]]:
    """A server in each pod: one VLAN, one CIDR, each pod has its own addresses."""
    segment = random.randint(3000, 3999)  # noqa: S311 (guards nothing)
    with ExitStack() as stack:
        benches = [replace(bench_in(pod), stack=stack) for pod in TOPOLOGY.pods]
        yield [_boot_neighbour(bench, segment) for bench in benches]


def _boot_neighbour(bench: Bench, segment: int) -> Server:
    number = bench.pod.number
    pool = {"start": f"10.80.0.{number}0", "end": f"10.80.0.{number}9"}
    network = make_vlan(
        bench,
        "vlan",
        CIDR,
        physical=DCI_VLAN,
        segment=segment,
        gateway_ip=f"10.80.0.{240 + number}",
        allocation_pools=[pool],
    )
    group = make_group(bench, "neighbours")
    admit(bench, group, "icmp", remote_ip_prefix=CIDR)
    admit(bench, group, "tcp", remote_ip_prefix=CIDR)
    (server,) = boot(bench, network, f"in-{bench.pod.slug}", groups=(group,))
    return server


def test_neighbours_have_addresses_of_their_own_pod(neighbours: list[Server]) -> None:
    starts = [f"10.80.0.{pod.number}" for pod in TOPOLOGY.pods]
    assert [server.address[:-1] for server in neighbours] == starts
    assert len({server.mac for server in neighbours}) == len(neighbours)


def test_neighbours_ping_each_other_with_full_packets(
    neighbours: list[Server],
) -> None:
    for here, there in permutations(neighbours, 2):
        ping = partial(pings, here.namespace, there.address)
        wait_for(ping, f"{there.name} to answer {here.name}")
        assert ping(*FULL_PING)


def test_neighbours_exchange_full_segments(neighbours: list[Server]) -> None:
    for here, there in permutations(neighbours, 2):
        with listening(there.namespace, PORT):
            assert exchange(here.namespace, there.address, PORT) == here.address
