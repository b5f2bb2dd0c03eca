# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""What users choose for ports and rules, from a real Neutron into a pod's."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.functional.network.cloud import SHOWN, Cloud, running_cloud
from tricircle.network.reach import Reach
from tricircle.network.reconcilers import port_status
from tricircle.regions.network import NetworkClient

_SAME = (
    "allowed_address_pairs",
    "binding:vnic_type",
    "dns_name",
    "port_security_enabled",
)


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    folder: Path = tmp_path_factory.mktemp("cloud")
    with running_cloud(folder) as made:
        yield made


def shown(port: Any) -> dict[str, Any]:
    """What is the same of a port and its replica."""
    values = {name: port[name] for name in _SAME}
    values["options"] = sorted(
        (one["opt_name"], one["opt_value"], one["ip_version"])
        for one in port["extra_dhcp_opts"]
    )
    return values | {"addresses": sorted(ip["ip_address"] for ip in port["fixed_ips"])}


def test_what_a_user_chooses_reaches_the_pod_and_is_followed(cloud: Cloud) -> None:
    central, region = cloud.central, cloud.network("RegionOne")
    policy = region.create("qos/policy", {"name": "slow", "project_id": "project"})
    rules = f"qos/policies/{policy['id']}"
    region.create(f"{rules}/bandwidth_limit_rule", {"max_kbps": 1000})
    offices = central.create("address_group", name="o", addresses=["192.0.2.0/24"])
    group = central.create("security_group", name="web")
    named = central.create(
        "security_group_rule",
        security_group_id=group["id"],
        direction="ingress",
        remote_address_group_id=offices["id"],
    )
    network = central.create("network", name="dual")
    common = {"network_id": network["id"]}
    modes = [
        {"cidr": "10.9.0.0/24", "ip_version": 4},
        {
            "cidr": "2001:db8:9::/64",
            "ip_version": 6,
            "ipv6_ra_mode": "dhcpv6-stateful",
            "ipv6_address_mode": "dhcpv6-stateful",
        },
        {
            "cidr": "2001:db8:a::/64",
            "ip_version": 6,
            "ipv6_ra_mode": "slaac",
            "ipv6_address_mode": "slaac",
        },
    ]
    subnets = [central.create("subnet", **common, **mode) for mode in modes]
    choices = {
        "allowed_address_pairs": [{"ip_address": "10.9.0.99"}],
        "extra_dhcp_opts": [
            {"opt_name": "mtu", "opt_value": "1400"},
            {"opt_name": "domain-search", "opt_value": "example.org", "ip_version": 6},
        ],
        "binding:vnic_type": "direct",
        "dns_name": "www",
        "qos_policy_id": policy["id"],
        "security_groups": [group["id"]],
    }
    port = central.create(
        "port",
        **common,
        fixed_ips=[{"subnet_id": subnet["id"]} for subnet in subnets],
        **choices,
    )
    there = cloud.network("Pod1")
    replica_id = cloud.realise(port, cloud.pods[0])
    cloud.work()

    replica = there.get("port", replica_id)
    assert shown(replica) == shown(port)
    assert len(replica["fixed_ips"]) == len(subnets)
    (limit,) = there.get("qos/policy", replica["qos_policy_id"])["rules"]
    assert (limit["type"], limit["max_kbps"]) == ("bandwidth_limit", 1000)
    (addresses,) = there.find("address_group")
    assert addresses["addresses"] == ["192.0.2.0/24"]

    changed = central.update(
        "port",
        port["id"],
        allowed_address_pairs=[],
        extra_dhcp_opts=[{"opt_name": "mtu", "opt_value": None}],
        security_groups=[],
        port_security_enabled=False,
        dns_name="mail",
        qos_policy_id=None,
    )
    region.update(
        f"{rules}/bandwidth_limit_rule", _first_rule(region, policy), {"max_kbps": 2000}
    )
    region.act(
        "address_group",
        offices["id"],
        "remove_addresses",
        {"addresses": ["192.0.2.0/24"]},
    )
    cloud.work()
    replica = there.get("port", replica_id)
    assert shown(replica) == shown(changed)
    assert (replica["qos_policy_id"], replica["security_groups"]) == (None, [])
    assert there.find("qos/policy")[0]["rules"][0]["max_kbps"] == 2000
    assert there.find("address_group")[0]["addresses"] == []

    central.delete("port", port["id"])
    for subnet in subnets:
        central.delete("subnet", subnet["id"])
    central.delete("network", network["id"])
    region.delete("qos/policy", policy["id"])
    central.delete("security_group_rule", named["id"])
    central.delete("security_group", group["id"])
    central.delete("address_group", offices["id"])
    cloud.work()
    for name in ("RegionOne", "Pod1"):
        assert cloud.left(name) == dict.fromkeys(SHOWN, 0), name


def test_a_pods_ports_are_looked_at_in_pages(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(port_status, "_PAGE", 2)
    network = cloud.central.create("network", name="net")
    made = [cloud.central.create("port", network_id=network["id"]) for _ in range(3)]
    replicas = [cloud.realise(port, cloud.pods[0]) for port in made]
    cloud.work()
    reach = Reach(cloud.database, cloud)
    assert port_status.look(reach, cloud.pods[0]) == 0
    there = cloud.network("Pod1")
    for replica in replicas:
        there.update("port", replica, {"device_id": "server", "device_owner": "me"})
    assert port_status.look(reach, cloud.pods[0]) == len(made)
    cloud.work()
    shown = cloud.network("RegionOne").get("port", made[0]["id"])
    assert (shown["device_id"], shown["device_owner"]) == ("server", "me")


def _first_rule(region: NetworkClient, policy: Any) -> str:
    return str(region.get("qos/policy", policy["id"])["rules"][0]["id"])
