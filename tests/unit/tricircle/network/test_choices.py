# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""What users choose for networks, ports and rules reaches the pod, and is followed."""

from typing import Any

import pytest

from tests.unit.tricircle.network.world import (
    PROJECT,
    World,
    make_group,
    make_network,
    make_port,
    make_rule,
)
from tricircle.regions.network import Resource

PAIR = {"ip_address": "10.0.0.99", "mac_address": "fa:16:3e:00:00:99"}
OPTION = {"opt_name": "mtu", "opt_value": "1400", "ip_version": 4}


@pytest.fixture
def subnet(world: World) -> Resource:
    return make_network(world)[1]


def make_policy(world: World, kbps: int = 1000, **policy: Any) -> Resource:
    made = world.central.create(
        "qos/policy", {"name": "slow", "project_id": "an administrator", **policy}
    )
    rule = {"max_kbps": kbps, "direction": "egress"}
    world.central.create(f"qos/policies/{made['id']}/bandwidth_limit_rule", rule)
    return made


def replica(world: World, kind: str, pod: int = 0) -> Resource:
    neutron = world.neutrons.network(world.pods[pod].name)
    (one,) = neutron.all(kind)
    return neutron.get(kind, one["id"])


@pytest.mark.parametrize(
    "choice",
    [
        {"allowed_address_pairs": [PAIR]},
        {"extra_dhcp_opts": [OPTION]},
        {"port_security_enabled": False, "security_groups": []},
        {"binding:vnic_type": "direct"},
        {"dns_name": "www"},
    ],
    ids=lambda choice: next(iter(choice)),
)
def test_what_a_user_chooses_for_a_port_reaches_the_pod(
    world: World, subnet: Resource, choice: dict[str, Any]
) -> None:
    world.realise(make_port(world, subnet, **choice))
    assert choice.items() <= replica(world, "port").items()
    later = make_port(world, subnet)
    world.realise(later, world.pods[1])
    world.update("port", later["id"], **choice)
    assert not world.work()
    assert choice.items() <= replica(world, "port", pod=1).items()


def test_the_name_that_nova_gives_a_port_stays(world: World, subnet: Resource) -> None:
    port = make_port(world, subnet)
    world.realise(port)
    world.there.put("port", replica(world, "port")["id"], dns_name="vm1")
    world.update("port", port["id"], name="other")
    assert not world.work()
    assert replica(world, "port")["dns_name"] == "vm1"


def test_both_families_of_addresses_reach_the_pod(world: World) -> None:
    network, subnet = make_network(world)
    body = {"network_id": network["id"], "project_id": PROJECT, "ip_version": 6}
    by_dhcp = world.central.create(
        "subnet", {**body, "cidr": "2001:db8::/64", "ipv6_address_mode": "dhcpv6"}
    )
    by_mac = world.central.create(
        "subnet", {**body, "cidr": "2001:db8:1::/64", "ipv6_address_mode": "slaac"}
    )
    subnets = [subnet, by_dhcp, by_mac]
    ips = [{"subnet_id": one["id"]} for one in subnets]
    port = make_port(world, subnet, fixed_ips=ips)
    world.realise(port)
    shown = replica(world, "port")["fixed_ips"]
    # Who hands out an address that follows from the MAC does not matter here.
    assert [ip["ip_address"] for ip in shown[:2]] == [
        ip["ip_address"] for ip in port["fixed_ips"][:2]
    ]
    assert len(shown) == 3
    pools = {
        one["cidr"]: one.get("allocation_pools") for one in world.there.all("subnet")
    }
    assert pools["2001:db8:1::/64"] is None
    assert all(pools[cidr] for cidr in ("10.0.0.0/24", "2001:db8::/64"))


def test_a_policy_is_realised_for_a_port_and_a_network(world: World) -> None:
    policy = make_policy(world)
    _, subnet = make_network(world, qos_policy_id=policy["id"])
    world.realise(make_port(world, subnet, qos_policy_id=policy["id"]))
    there = replica(world, "qos/policy")
    (rule,) = there["rules"]
    assert (rule["type"], rule["max_kbps"]) == ("bandwidth_limit", 1000)
    assert there["tags"] == [f"tricircle:{policy['id']}"]
    assert replica(world, "port")["qos_policy_id"] == there["id"]
    assert replica(world, "network")["qos_policy_id"] == there["id"]


def test_a_policy_is_followed_and_goes(world: World, subnet: Resource) -> None:
    policy = make_policy(world)
    port = make_port(world, subnet)
    world.realise(port)
    assert world.replicas()["qos/policy"] == 0
    world.update("port", port["id"], qos_policy_id=policy["id"])
    assert not world.work()
    place = f"qos/policies/{policy['id']}"
    world.central.create(f"{place}/dscp_marking_rule", {"dscp_mark": 26})
    world.tell("qos_policy", policy["id"])
    assert not world.work()
    types = {rule["type"] for rule in replica(world, "qos/policy")["rules"]}
    assert types == {"bandwidth_limit", "dscp_marking"}
    world.update("port", port["id"], qos_policy_id=None)
    world.central.delete("qos/policy", policy["id"])
    world.tell("qos_policy", policy["id"])
    assert not world.work()
    assert replica(world, "port")["qos_policy_id"] is None
    assert world.replicas()["qos/policy"] == 0


def test_a_rule_may_name_an_address_group(world: World, subnet: Resource) -> None:
    offices = world.central.create(
        "address_group",
        {"name": "offices", "project_id": PROJECT, "addresses": ["192.0.2.0/24"]},
    )
    group = make_group(world)
    rule = make_rule(world, group, remote_address_group_id=offices["id"])
    world.realise(make_port(world, subnet, [group]))
    there = replica(world, "address_group")
    assert (there["name"], there["addresses"]) == ("offices", ["192.0.2.0/24"])
    named = {
        rule["remote_address_group_id"]
        for rule in replica(world, "security_group")["security_group_rules"]
    }
    assert there["id"] in named
    world.central.act(
        "address_group",
        offices["id"],
        "add_addresses",
        {"addresses": ["2001:db8::/64"]},
    )
    world.tell("address_group", offices["id"])
    assert not world.work()
    expected = {"192.0.2.0/24", "2001:db8::/64"}
    assert {*replica(world, "address_group")["addresses"]} == expected
    world.central.delete("security_group_rule", rule["id"])
    world.update("security_group", group["id"])
    world.delete("address_group", offices["id"])
    assert not world.work()
    assert world.replicas()["address_group"] == 0
