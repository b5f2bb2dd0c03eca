# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Many ports at once: no address and no MAC is handed out twice on a network.

Several clients make and delete ports of one network at the same time, with room for
hardly more: what one gives back, another gets. Meanwhile a server comes to the network
in each pod, which holds addresses there for itself.
"""

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from ipaddress import ip_network
from math import ceil
from typing import Any

import pytest

from lab.topology import Pod
from tests.integration.bench import TOPOLOGY, connect, told
from tests.integration.cloud import Cloud, Stranger, zone_of
from tests.integration.inventory import assert_nothing_is_left, inventory
from tests.integration.ports import (
    Port,
    Share,
    addresses,
    delete_all,
    fill,
    macs,
    ports_of,
    shared_out,
    twice,
)
from tests.integration.waiting import wait_for

_COUNT = told("PORTS", 120)
#: They ask at the same time; the central Neutron of the lab has a few threads more.
_CLIENTS = 6
#: On a network: to find a free address, Neutron reads all that are taken.
_MOST = 1000
#: Addresses of a network besides, for servers and for pods.
_ROOM = 16


@pytest.fixture
def cloud(newcomer: Stranger, whole_cloud: Cloud) -> Iterator[Cloud]:
    """A project that may have all those ports; in the end nothing is left of it."""
    cloud = replace(whole_cloud, user=newcomer("demo"))
    before = inventory(cloud)
    quota = f"/quotas/{cloud.project_id}"
    with ExitStack() as stack:
        stack.callback(cloud.admin.network.delete, quota)
        assert cloud.admin.network.put(quota, json={"quota": {"port": -1}}).ok
        yield replace(cloud, stack=stack)
    assert_nothing_is_left(cloud, before)


@pytest.mark.timeout(300 + 3 * _COUNT)
def test_no_address_and_no_mac_is_handed_out_twice(
    newcomer: Stranger, cloud: Cloud
) -> None:
    clients = [newcomer("demo").network for _ in range(_CLIENTS)]
    counts = shared_out(_COUNT, ceil(_COUNT / _MOST))
    networks = [_make_network(cloud, clients, i, n) for i, n in enumerate(counts)]
    begun = time.monotonic()
    with (
        ThreadPoolExecutor(len(TOPOLOGY.pods)) as beside,
        ThreadPoolExecutor(_CLIENTS) as pool,
    ):
        booted = [beside.submit(_boot, cloud, networks[0], p) for p in TOPOLOGY.pods]
        shares = [
            fill(pool, clients, network.id, count)
            for network, count in zip(networks, counts, strict=True)
        ]
        took = time.monotonic() - begun
        for server in booted:
            server.result()

    central = [ports_of(cloud.admin.network, network.id) for network in networks]
    for ports, made in zip(central, shares, strict=True):
        _check(ports, made)
    assert sum(not port.owner for ports in central for port in ports) == _COUNT
    _check_pods(cloud, networks[0], [port for port in central[0] if port.owner])
    print(_summary([share for made in shares for share in made], took))


def _make_network(cloud: Cloud, clients: Sequence[Any], number: int, count: int) -> Any:
    """A network of both families that has hardly more addresses than ports."""
    api = cloud.user.network
    network = api.create_network(name=cloud.name(f"many-ports{number}"))
    cloud.stack.callback(api.delete_network, network)
    cloud.stack.callback(_empty, cloud, clients, network.id)
    for cidr in (f"10.88.{4 * number}.0/22", f"fd00:88:{number:x}::/64"):
        space = ip_network(cidr)
        end = space[1 + count + _ROOM]  # the first one is the gateway's
        api.create_subnet(
            network_id=network.id,
            name=network.name,
            ip_version=space.version,
            cidr=cidr,
            allocation_pools=[{"start": str(space[2]), "end": str(end)}],
        )
    return network


def _boot(cloud: Cloud, network: Any, pod: Pod) -> None:
    what = f"many-ports-{pod.slug}"
    server = cloud.create_server(what, zone_of(pod), [{"uuid": network.id}])
    cloud.wait_active(server)


def _empty(cloud: Cloud, clients: Sequence[Any], network: str) -> None:
    """Delete the ports that clients made, and wait for those of servers to go."""

    def left() -> list[Port]:
        ports = ports_of(cloud.user.network, network)
        return [port for port in ports if not port.owner.startswith("network:")]

    with ThreadPoolExecutor(len(clients)) as pool:
        delete_all(pool, clients, [port for port in left() if not port.owner])
    wait_for(lambda: not left(), "the ports to go")


def _check(ports: list[Port], shares: list[Share]) -> None:
    """A network has what its clients were told, and nothing in it is there twice."""
    made = {port.id: port for share in shares for port in share.there}
    free = {port.id: port for port in ports if not port.owner}
    assert free == made
    assert {port.families for port in free.values()} == {(4, 6)}
    assert not twice(macs(ports))
    assert not twice(addresses(ports))


def _check_pods(cloud: Cloud, network: Any, taken: list[Port]) -> None:
    """Pods have what was taken for servers and for themselves, each its own part."""
    there = []
    for pod in TOPOLOGY.pods:
        operator = connect(pod.slug).network
        replica = operator.find_network(network.name, ignore_missing=False)
        own = operator.create_port(
            network_id=replica.id, name=cloud.name(f"own-{pod.slug}")
        )
        cloud.stack.callback(operator.delete_port, own)
        there += ports_of(operator, replica.id)
    assert sorted(addresses(there)) == sorted(addresses(taken))
    assert _of_servers(there) == _of_servers(taken)


def _of_servers(ports: list[Port]) -> set[tuple[str, frozenset[str]]]:
    return {
        (port.mac, port.addresses)
        for port in ports
        if port.owner.startswith("compute:")
    }


def _summary(shares: list[Share], took: float) -> str:
    there = [port for share in shares for port in share.there]
    gone = [port for share in shares for port in share.gone]
    again = set(addresses(there)) & set(addresses(gone))
    refusals = sum(share.refusals for share in shares)
    return (
        f"{len(there)} ports there, {len(gone)} deleted meanwhile, {took:.0f} s;"
        f" {len(again)} addresses handed out again, {refusals} requests refused"
    )
