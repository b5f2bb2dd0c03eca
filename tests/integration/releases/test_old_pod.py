# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""A pod of an older release is one like the others, in all that users have of it."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from itertools import permutations
from typing import Any

import pytest

from lab.topology import Pod
from tests.integration.bench import TOPOLOGY, Bench
from tests.integration.cloud import Cloud, zone_of
from tests.integration.servers import wait_for_address
from tests.integration.traffic import exchange, listening, pings
from tests.integration.waiting import wait_for, wait_for_status, wait_until_gone
from tricircle_lab.model import namespace_of

PORT = 7009
#: The largest ICMP payload that fits into a packet of 1500 bytes.
FULL_PING = ("-M", "do", "-s", "1472")


@dataclass(frozen=True)
class Reached:
    """A server, its pod, and where packets reach it."""

    id: str
    pod: Pod
    address: str

    @property
    def namespace(self) -> str:
        return namespace_of(self.id)


@dataclass(frozen=True)
class Spread:
    """A server in each pod, all on one network, in the default security group."""

    cloud: Cloud
    servers: Mapping[str, Reached]


@pytest.fixture(scope="module")
def spread(whole_cloud: Cloud) -> Iterator[Spread]:
    with ExitStack() as stack:
        cloud = replace(whole_cloud, stack=stack)
        network = cloud.make_network("releases", "10.84.0.0/24")
        ids = {
            pod.name: cloud.create_server(
                f"in-{pod.slug}", zone_of(pod), [{"uuid": network.id}]
            )
            for pod in TOPOLOGY.pods
        }
        yield Spread(
            cloud,
            {pod.name: _reached(cloud, pod, ids[pod.name]) for pod in TOPOLOGY.pods},
        )


def _reached(cloud: Cloud, pod: Pod, id: str) -> Reached:
    cloud.wait_active(id)
    (port,) = cloud.user.network.ports(device_id=id)
    address = port.fixed_ips[0]["ip_address"]
    server = Reached(id, pod, address)
    wait_for_address(server.namespace, port.mac_address, address)
    return server


def test_each_pod_has_its_server(
    spread: Spread, bench_in: Callable[[Pod], Bench]
) -> None:
    for server in spread.servers.values():
        assert bench_in(server.pod).user.compute.get_server(server.id)
        shown = spread.cloud.user.compute.get_server(server.id)
        assert shown.availability_zone == zone_of(server.pod)


def test_servers_of_all_releases_reach_each_other(spread: Spread) -> None:
    for here, there in permutations(spread.servers.values(), 2):
        ping = partial(pings, here.namespace, there.address)
        wait_for(ping, f"{there.pod.name} to answer {here.pod.name}")
        assert ping(*FULL_PING)
        with listening(there.namespace, PORT):
            assert exchange(here.namespace, there.address, PORT) == here.address


@pytest.mark.parametrize("version", [None, "2.53", "2.90", "latest"])
def test_servers_of_all_releases_look_alike(
    version: str | None, spread: Spread, old: Pod
) -> None:
    """In one microversion, what is shown of them has the same parts."""
    user, headers = spread.cloud.user, {}
    if version is not None:
        headers["OpenStack-API-Version"] = f"compute {version}"
    listed = user.compute.get("/servers/detail", headers=headers).json()["servers"]
    parts = {server["id"]: set(server) for server in listed}
    ids = {server.id for server in spread.servers.values()}
    assert ids <= set(parts), "all are in the list, each once"
    assert len(listed) == len(parts)
    shown = {
        id: set(user.compute.get(f"/servers/{id}", headers=headers).json()["server"])
        for id in ids
    }
    newest = spread.servers[TOPOLOGY.pods[0].name].id
    assert [parts[id] for id in ids] == [parts[newest]] * len(ids)
    assert [shown[id] for id in ids] == [shown[newest]] * len(ids)


def test_a_volume_of_the_old_pod_is_attached_and_listed_with_the_others(
    spread: Spread, bench_in: Callable[[Pod], Bench], old: Pod
) -> None:
    cloud, storage = spread.cloud, spread.cloud.user.block_storage
    volumes = {pod.name: _volume(cloud, pod) for pod in TOPOLOGY.pods}
    for volume in volumes.values():
        wait_for_status(storage.get_volume, volume, "available")
    listed = [volume.id for volume in storage.volumes()]
    assert set(volumes.values()) <= set(listed)
    assert len(listed) == len(set(listed))

    server, volume = spread.servers[old.name], volumes[old.name]
    assert bench_in(old).user.block_storage.get_volume(volume)
    compute = cloud.user.compute
    compute.create_volume_attachment(server.id, volume_id=volume)
    attached: Any = wait_for_status(storage.get_volume, volume, "in-use")
    assert [each["server_id"] for each in attached.attachments] == [server.id]
    compute.delete_volume_attachment(server.id, volume)
    wait_for_status(storage.get_volume, volume, "available")
    snapshot = storage.create_snapshot(volume_id=volume, name=cloud.name("old"))
    cloud.stack.callback(wait_until_gone, storage.get_snapshot, snapshot.id)
    cloud.stack.callback(storage.delete_snapshot, snapshot.id)
    wait_for_status(storage.get_snapshot, snapshot.id, "available")


def _volume(cloud: Cloud, pod: Pod) -> str:
    storage = cloud.user.block_storage
    made = storage.create_volume(
        name=cloud.name(f"in-{pod.slug}"), size=1, availability_zone=zone_of(pod)
    )
    cloud.stack.callback(wait_until_gone, storage.get_volume, made.id)
    cloud.stack.callback(storage.delete_volume, made.id, ignore_missing=True)
    return str(made.id)


def test_operators_see_the_hosts_of_all_pods(spread: Spread) -> None:
    hosts = {f"{pod.name}~{host.name}" for pod in TOPOLOGY.pods for host in pod.hosts}
    found = spread.cloud.admin.compute.hypervisors(details=True)
    seen = [hypervisor.service_details["host"] for hypervisor in found]
    assert hosts <= set(seen), seen
