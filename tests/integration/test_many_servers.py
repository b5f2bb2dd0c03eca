# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Many servers at once, over both availability zones, on one network."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from lab.topology import Pod
from tests.integration.bench import TOPOLOGY, connect, told
from tests.integration.cloud import Cloud, zone_of
from tests.integration.waiting import wait_for

_COUNT = told("SERVERS", 20)
#: What of the jobs is not done: it waits for its time, runs, or has failed.
_UNDONE = ("new", "running", "failed")


@pytest.mark.timeout(300 + 20 * _COUNT)
def test_each_has_one_central_port_and_one_in_its_pod(cloud: Cloud) -> None:
    network = cloud.make_network("many", "10.70.0.0/24")
    image = cloud.image
    zones = [zone_of(pod) for pod in TOPOLOGY.pods]

    def create(number: int) -> Any:
        return cloud.user.compute.create_server(
            name=cloud.name(f"many{number}"),
            image_id=image,
            flavor_id=cloud.flavor,
            availability_zone=zones[number % len(zones)],
            networks=[{"uuid": network.id}],
        )

    with ThreadPoolExecutor(_COUNT) as pool:
        made = [server.id for server in pool.map(create, range(_COUNT))]
    cloud.stack.callback(cloud.delete_servers, made)
    servers = [cloud.wait_active(id_) for id_ in made]
    assert [server.availability_zone for server in servers] == [
        zones[number % len(zones)] for number in range(_COUNT)
    ]

    central = {port.device_id: port for port in _servers_ports(cloud.user, network.id)}
    assert set(central) == set(made)
    assert len(list(_servers_ports(cloud.user, network.id))) == _COUNT
    replicas = _replicas(cloud, "port")
    for pod in TOPOLOGY.pods:
        operator = connect(pod.slug)
        (there,) = _replicas(cloud, "network", resource_id=network.id, pod=pod).values()
        ports = {port.device_id: port for port in _servers_ports(operator, there)}
        mine = {
            server.id for server in servers if server.availability_zone == zone_of(pod)
        }
        assert set(ports) == mine
        for server in mine:
            assert replicas[central[server].id] == ports[server].id
            assert ports[server].mac_address == central[server].mac_address
            assert _addresses(ports[server]) == _addresses(central[server])
            assert central[server].binding_host_id is None  # not for a user to see
    listed = {server.id for server in cloud.user.compute.servers()}
    assert set(made) <= listed

    cloud.delete_servers(made)
    wait_for(
        lambda: not list(_servers_ports(cloud.user, network.id)), "central ports to go"
    )
    cloud.wait_forgotten(*made, *(port.id for port in central.values()))
    for pod in TOPOLOGY.pods:
        (there,) = _replicas(cloud, "network", resource_id=network.id, pod=pod).values()
        assert not list(_servers_ports(connect(pod.slug), there))
    cloud.user.network.delete_network(network)
    cloud.wait_forgotten(network.id, *network.subnet_ids)
    for pod in TOPOLOGY.pods:
        names = {found.name for found in connect(pod.slug).network.networks()}
        assert network.name not in names
    ours = {*made, *(port.id for port in central.values()), network.id}
    wait_for(lambda: not _undone(cloud, {*ours, *network.subnet_ids}), "jobs to end")
    assert not cloud.jobs(state="failed", project_id=cloud.project_id)


def _undone(cloud: Cloud, ours: set[str]) -> list[dict[str, Any]]:
    """The jobs for these resources that are not done."""
    return [
        job
        for state in _UNDONE
        for job in cloud.jobs(state=state, project_id=cloud.project_id)
        if job["resource_id"] in ours
    ]


def _servers_ports(connection: Any, network: str) -> list[Any]:
    return [
        port
        for port in connection.network.ports(network_id=network)
        if port.device_owner.startswith("compute:")
    ]


def _addresses(port: Any) -> list[str]:
    return [fixed["ip_address"] for fixed in port.fixed_ips]


def _replicas(
    cloud: Cloud, type_: str, pod: Pod | None = None, resource_id: str | None = None
) -> dict[str, str]:
    """The pods' ids of the user's resources of a type, by the central ones."""
    pods = {one["pod_id"]: one for one in cloud.operators.get("/pods").json()["pods"]}
    return {
        routing["resource_id"]: routing["pod_resource_id"]
        for routing in cloud.routings(type_)
        if resource_id in (None, routing["resource_id"])
        and (pod is None or pods[routing["pod_id"]]["pod_name"] == pod.name)
    }
