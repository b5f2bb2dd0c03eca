# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""The gateway is killed in the middle of creates: nothing is orphaned, or lost."""

import random
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import pytest
from keystoneauth1.exceptions import ClientException
from openstack.exceptions import SDKException

from lab.topology import Pod
from tests.integration.bench import TOPOLOGY, connect, rounds
from tests.integration.cloud import Cloud, zone_of
from tests.integration.program import heal, kill
from tests.integration.waiting import wait_for

_PODS = TOPOLOGY.pods
_GATEWAY = f"{TOPOLOGY.central.slug}-tricircle-gateway"
#: After as many rounds all is looked through, and deleted.
_AT_ONCE = 50
_TURNS = [min(_AT_ONCE, left) for left in range(rounds(20), 0, -_AT_ONCE)]
#: Until no gateway can be at work on a create, and a worker has looked.
_SETTLED_SECONDS = 600
#: The status of a create of which the user does not know what came of it.
_NONE = 0
_ZONES = [zone_of(pod) for pod in _PODS]


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("kills", _TURNS)
def test_nothing_is_orphaned_or_lost(cloud: Cloud, kills: int) -> None:
    network = cloud.make_network("killed", "10.74.0.0/24")
    ports = [_bring_port(cloud, network, number) for number in range(0, kills + 1, 4)]
    cloud.stack.callback(heal)
    seed = random.randrange(1 << 32)  # noqa: S311 (no secret)
    print(f"killing after delays by seed {seed}")
    delays = random.Random(seed)  # noqa: S311
    begun = time.monotonic()
    answers = _round(cloud, network, 0, ports[0], None)
    seconds = time.monotonic() - begun
    for number in range(1, kills + 1):
        brought = ports[number // 4] if number % 4 == 0 else None
        answers += _round(cloud, network, number, brought, delays.uniform(0, seconds))
    assert answers.keys() == {_NONE, 202}, answers
    wait_for(
        lambda: not cloud.routings("server", state="pending"),
        "creates that were broken off to be settled",
        _SETTLED_SECONDS,
    )
    there = _servers_in_pods(cloud)
    cloud.stack.callback(cloud.delete_servers, list(there))
    print(f"of {answers} came {Counter(there.values())}")
    _check_servers(cloud, there)
    _check_ports(cloud, network, there, ports)

    own = {port.id for port in cloud.user.network.ports(network_id=network.id)}
    cloud.delete_servers(there)
    wait_for(lambda: not _said(cloud, network), "ports of servers to go")
    for port in ports:
        cloud.user.network.delete_port(port)  # which a user may only if it is free
    cloud.wait_forgotten(*there, *own)
    assert not any(_replicas(pod, network) for pod in _PODS)


def _bring_port(cloud: Cloud, network: Any, number: int) -> str:
    port = cloud.user.network.create_port(
        network_id=network.id, name=cloud.name(f"killed{number}")
    )
    return str(port.id)


def _round(
    cloud: Cloud, network: Any, number: int, port: str | None, delay: float | None
) -> Counter[int]:
    """Ask for servers in each zone, and kill the gateway after ``delay``, if given.

    Return how often which status came.
    """
    wanted = [(zone, {"uuid": network.id}) for zone in _ZONES]
    if port is not None:
        wanted.append((_ZONES[number % len(_ZONES)], {"port": port}))
    begun = threading.Barrier(len(wanted) + 1)

    def create(zone: str, interface: dict[str, str]) -> int:
        user = connect("demo")
        body = {
            "name": cloud.name(f"killed{number}"),
            "imageRef": cloud.image,
            "flavorRef": cloud.flavor,
            "availability_zone": zone,
            "networks": [interface],
        }
        user.authorize()
        begun.wait()
        try:
            answer = user.compute.post("/servers", json={"server": body})
        except (ClientException, SDKException):
            return _NONE
        return int(answer.status_code)

    with ThreadPoolExecutor(len(wanted)) as pool:
        creates = [pool.submit(create, *item) for item in wanted]
        begun.wait()
        if delay is not None:
            time.sleep(delay)
            kill(_GATEWAY)
    if delay is not None:
        heal()
    return Counter(done.result() for done in creates)


def _servers_in_pods(cloud: Cloud) -> dict[str, str]:
    """What pods made, and where, once none is being built any more."""

    def found() -> dict[str, str] | None:
        servers = {
            server.id: (pod.name, server.status)
            for pod in _PODS
            for server in connect(pod.slug).compute.servers(all_projects=True)
            if server.name.startswith(cloud.name("killed"))
        }
        if "BUILD" in {status for _, status in servers.values()}:
            return None
        return {id_: pod for id_, (pod, _) in servers.items()} or {"": ""}

    servers = wait_for(found, "servers to be built")
    servers.pop("", None)
    return servers


def _check_servers(cloud: Cloud, there: dict[str, str]) -> None:
    """The user has each of them, and no route leads nowhere."""
    listed = {server.id: server for server in cloud.user.compute.servers()}
    assert there.keys() <= listed.keys()
    assert {listed[id_].status for id_ in there} <= {"ACTIVE"}
    routed = {routing["resource_id"] for routing in cloud.routings("server")}
    assert there.keys() <= routed <= listed.keys()


def _check_ports(
    cloud: Cloud, network: Any, there: dict[str, str], brought: list[str]
) -> None:
    """Each server has one port, here and there; the others are free, or gone."""

    def surplus() -> dict[str, dict[str, int]]:
        """What ports say too often, or (below 0) too seldom, by region."""
        wanted = {pod.name: [s for s in there if there[s] == pod.name] for pod in _PODS}
        said = {pod.name: _replicas(pod, network) for pod in _PODS}
        wanted[TOPOLOGY.central.name] = list(there)
        said[TOPOLOGY.central.name] = _said(cloud, network)
        found: dict[str, dict[str, int]] = {}
        for region, devices in said.items():
            counts = Counter(devices)
            counts.subtract(wanted[region])
            if any(counts.values()):
                found[region] = {device: n for device, n in counts.items() if n}
        return found

    with suppress(TimeoutError):
        wait_for(lambda: not surplus(), "each server to have its port", 300)
    assert not surplus()
    free = {port.id for port in _central_ports(cloud, network) if not port.device_id}
    assert free <= set(brought)


def _said(cloud: Cloud, network: Any) -> list[str]:
    """What the central ports in a network say whose they are."""
    found = _central_ports(cloud, network)
    return [port.device_id for port in found if port.device_id]


def _central_ports(cloud: Cloud, network: Any) -> list[Any]:
    """Those of users and servers; some hold addresses for pods."""
    return [
        port
        for port in cloud.user.network.ports(network_id=network.id)
        if not port.device_owner or port.device_owner.startswith("compute:")
    ]


def _replicas(pod: Pod, network: Any) -> list[str]:
    """What the ports in a pod's replica of a network say whose they are."""
    operator = connect(pod.slug).network
    found = [one for one in operator.networks(name=network.name)]
    return [
        port.device_id
        for one in found
        for port in operator.ports(network_id=one.id)
        if not port.device_owner.startswith("network:")
    ]
