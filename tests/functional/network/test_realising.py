# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""From a central Neutron into pods' Neutrons, all of them real, over HTTP."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.functional.network.cloud import Cloud, running_cloud
from tricircle.pods import routing


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    folder: Path = tmp_path_factory.mktemp("cloud")
    with running_cloud(folder) as made:
        yield made


def test_a_network_is_in_both_pods_and_goes_from_both(cloud: Cloud) -> None:
    central = cloud.central
    network = central.create("network", name="net")
    subnet = central.create(
        "subnet", network_id=network["id"], cidr="10.0.0.0/24", ip_version=4
    )
    group = central.create("security_group", name="web")
    rule = central.create(
        "security_group_rule",
        security_group_id=group["id"],
        direction="ingress",
        protocol="tcp",
        remote_group_id=group["id"],
    )
    default = cloud.network("RegionOne").find(
        "security_group", project_id="project", name="default"
    )[0]
    ports = [
        central.create(
            "port",
            network_id=network["id"],
            security_groups=[group["id"], default["id"]],
        )
        for _ in range(10)
    ]
    with ThreadPoolExecutor(10) as pool:
        made = list(pool.map(cloud.realise, ports, cloud.pods * 5))
    cloud.work()

    for pod in cloud.pods:
        assert cloud.left(pod.name) == {
            "network": 1,
            "subnet": 1,
            "port": 5,
            "security_group": 1,
            "address_group": 1,
            "qos/policy": 0,
        }
        (replica,) = cloud.network(pod.name).find("network")
        for name in ("name", "mtu", "provider:segmentation_id", "description"):
            assert replica[name] == network[name]
    there = cloud.network("Pod1")
    first = there.get("port", made[0])
    assert first["mac_address"] == ports[0]["mac_address"]
    (web,) = there.find("security_group", name="web")
    here, elsewhere = sorted(
        web["security_group_rules"], key=lambda rule: not rule["remote_group_id"]
    )
    assert (here["protocol"], here["remote_group_id"]) == ("tcp", web["id"])
    members = there.get("address_group", elsewhere["remote_address_group_id"])
    assert {*members["addresses"]} == {
        f"{port['fixed_ips'][0]['ip_address']}/32" for port in ports[1::2]
    }
    (address,) = ports[0]["fixed_ips"]
    assert first["fixed_ips"][0]["ip_address"] == address["ip_address"]
    with cloud.database.read() as session:
        (route,) = routing.find(session, "port", ports[0]["id"])
    shown = cloud.network("RegionOne").get("port", ports[0]["id"])
    assert route.revision == shown["revision_number"]

    # Nova boots a server there; what it writes comes back.
    there.update(
        "port", made[0], {"device_id": "server", "device_owner": "compute:nova"}
    )
    central.update("port", ports[0]["id"], name="nic")
    central.delete("security_group_rule", rule["id"])
    cloud.work()
    shown = cloud.network("RegionOne").get("port", ports[0]["id"])
    assert (shown["device_id"], shown["device_owner"]) == ("server", "compute:az-Pod1")
    assert there.get("port", made[0])["name"] == "nic"
    (web,) = there.find("security_group", name="web")
    # Neutron's migrations, which do not run here, would make rules for egress.
    assert web["security_group_rules"] == []

    for port in ports:
        central.delete("port", port["id"])
    central.delete("subnet", subnet["id"])
    central.delete("network", network["id"])
    central.delete("security_group", group["id"])
    cloud.work()
    for region in ("RegionOne", "Pod1", "Pod2"):
        assert not any(cloud.left(region).values()), region
    with cloud.database.read() as session:
        assert not routing.routes(session)


def test_what_is_handed_out_again_is_free_in_the_pod(cloud: Cloud) -> None:
    """A VLAN, a MAC and an address, before any job removed what had them."""
    central, pod = cloud.central, cloud.pods[0]

    def make_network() -> str:
        network = central.create(
            "network",
            **{
                "name": "net",
                "provider:network_type": "vlan",
                "provider:physical_network": "dcivlan",
                "provider:segmentation_id": 1234,
            },
        )
        central.create(
            "subnet", network_id=network["id"], cidr="10.1.0.0/24", ip_version=4
        )
        return str(network["id"])

    def realise_port(network_id: str, **port: str) -> str:
        made = central.create(
            "port",
            network_id=network_id,
            fixed_ips=[{"ip_address": "10.1.0.9"}],
            **port,
        )
        cloud.realise(made, pod)
        return str(made["id"])

    network_id = make_network()
    for mac in ({"mac_address": "fa:16:3e:12:34:56"},) * 2 + ({},):
        central.delete("port", realise_port(network_id, **mac))
    central.delete("network", network_id)
    network_id = make_network()
    port_id = realise_port(network_id)
    cloud.work()
    there = cloud.left(pod.name)
    assert (there["network"], there["subnet"], there["port"]) == (1, 1, 1)

    central.delete("port", port_id)
    central.delete("network", network_id)
    cloud.work()
    assert not any(cloud.left(pod.name).values())
