# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""The mechanism driver inside a real Neutron."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select

from tests.functional.network.process import Neutron
from tricircle.db import migration
from tricircle.db.engine import Database
from tricircle.db.models import Job, Pod
from tricircle.network import members
from tricircle.pods import registry, routing

Wished = Callable[[], list[tuple[str, str]]]


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """Tricircle's database, with two pods."""
    path = tmp_path_factory.mktemp("db") / "tricircle.sqlite"
    made = Database(f"sqlite:///{path}")
    migration.sync(made)
    yield made
    made.dispose()


@pytest.fixture(scope="module")
def pods(database: Database) -> list[Pod]:
    with database.write() as session:
        return [
            registry.create(session, name=name, az_name="az1")
            for name in ("Pod1", "Pod2")
        ]


@pytest.fixture
def wished(database: Database) -> Wished:
    """Gives the kind and pod of each wish since the last time."""

    def wished() -> list[tuple[str, str]]:
        with database.write() as session:
            found = list(session.scalars(select(Job)))
            for job in found:
                session.delete(job)
        return sorted((job.kind, job.scope) for job in found)

    return wished


@pytest.fixture
def network(neutron: Neutron) -> Any:
    return neutron.create("network", name="net")


@pytest.fixture
def subnet(neutron: Neutron, network: Any) -> Any:
    return neutron.create(
        "subnet", network_id=network["id"], cidr="10.0.0.0/24", ip_version=4
    )


@pytest.fixture
def port(neutron: Neutron, network: Any, subnet: Any) -> Any:
    return neutron.create("port", network_id=network["id"])


def realised(database: Database, kind: str, resource: Any, pods: list[Pod]) -> None:
    with database.write() as session:
        for pod in pods:
            routing.learn(
                session,
                resource_type=kind,
                resource_id=resource["id"],
                pod_id=pod.id,
                project_id="project",
                pod_resource_id=str(uuid4()),
            )


def test_what_is_nowhere_wishes_nothing(
    neutron: Neutron, port: Any, network: Any, wished: Wished
) -> None:
    neutron.update("port", port["id"], name="other")
    neutron.update("network", network["id"], name="other")
    neutron.delete("port", port["id"])
    neutron.delete("network", network["id"])
    assert not wished()


def test_each_replica_follows_a_change_and_a_delete(
    database: Database, neutron: Neutron, network: Any, pods: list[Pod], wished: Wished
) -> None:
    realised(database, "network", network, pods)
    both = sorted(("network", pod.id) for pod in pods)
    neutron.update("network", network["id"], name="other")
    assert wished() == both
    neutron.delete("network", network["id"])
    assert wished() == both


def test_a_subnet_follows(
    database: Database,
    neutron: Neutron,
    network: Any,
    subnet: Any,
    pods: list[Pod],
    wished: Wished,
) -> None:
    realised(database, "subnet", subnet, pods[:1])
    one = [("subnet", pods[0].id)]
    neutron.update("subnet", subnet["id"], dns_nameservers=["192.0.2.1"])
    assert wished() == one
    # A network takes its subnets along.
    neutron.delete("network", network["id"])
    assert wished() == one


@pytest.mark.parametrize(
    "changes",
    [
        {"name": "other"},
        {"security_groups": []},
        {"admin_state_up": False},
        {"allowed_address_pairs": [{"ip_address": "10.0.0.77"}]},
        {"extra_dhcp_opts": [{"opt_name": "mtu", "opt_value": "1400"}]},
        {"port_security_enabled": False, "security_groups": []},
        {"binding:vnic_type": "direct"},
        {"dns_name": "www"},
        {"fixed_ips": [{"ip_address": "10.0.0.99"}]},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_a_port_follows(
    database: Database,
    neutron: Neutron,
    port: Any,
    pods: list[Pod],
    wished: Wished,
    changes: dict[str, Any],
) -> None:
    realised(database, "port", port, pods[:1])
    neutron.update("port", port["id"], **changes)
    assert wished() == [("port", pods[0].id)]


def test_a_report_wishes_nothing_and_binds_the_port(
    database: Database, neutron: Neutron, port: Any, pods: list[Pod], wished: Wished
) -> None:
    realised(database, "port", port, pods[:1])
    shown = neutron.update(
        "port",
        port["id"],
        **{
            "device_id": "a-server",
            "device_owner": "compute:az1",
            "binding:host_id": "host1",
            "binding:profile": {"pod": "Pod1", "status": "ACTIVE"},
        },
    )
    assert shown["status"] == "ACTIVE"
    assert shown["binding:vif_type"] == "other"
    shown = neutron.update(
        "port",
        port["id"],
        **{"binding:profile": {"pod": "Pod1", "status": "DOWN"}},
    )
    assert (shown["status"], shown["binding:host_id"]) == ("DOWN", "host1")
    shown = neutron.update(
        "port", port["id"], **{"binding:profile": {}, "binding:host_id": ""}
    )
    assert (shown["status"], shown["binding:vif_type"]) == ("DOWN", "unbound")
    assert not wished()


def test_a_security_group_follows_its_rules(
    database: Database, neutron: Neutron, pods: list[Pod], wished: Wished
) -> None:
    group = neutron.create("security_group", name="web")
    realised(database, "security_group", group, pods[:1])
    one = [("security_group", pods[0].id)]
    rule = neutron.create(
        "security_group_rule",
        security_group_id=group["id"],
        direction="ingress",
        protocol="icmp",
    )
    assert wished() == one
    neutron.delete("security_group_rule", rule["id"])
    assert wished() == one
    neutron.update("security_group", group["id"], description="other")
    assert wished() == one
    neutron.delete("security_group", group["id"])
    assert wished() == one


def test_a_group_that_goes_takes_what_names_it_along(
    database: Database, neutron: Neutron, pods: list[Pod], wished: Wished
) -> None:
    group = neutron.create("security_group", name="web")
    realised(database, "security_group_members", group, pods)
    neutron.delete("security_group", group["id"])
    assert wished() == sorted(("security_group_members", pod.id) for pod in pods)


def test_other_pods_admit_a_port_as_it_is(
    database: Database,
    neutron: Neutron,
    network: Any,
    subnet: Any,
    pods: list[Pod],
    wished: Wished,
) -> None:
    made = neutron.create("security_group", name="web")
    group = made["id"]
    port = neutron.create("port", network_id=network["id"], security_groups=[group])
    realised(database, "port", port, pods[:1])
    realised(database, "security_group_members", made, pods)
    both = [("port", pods[0].id), ("security_group_members", pods[1].id)]
    pair = {"ip_address": "10.0.0.88"}
    neutron.update("port", port["id"], allowed_address_pairs=[pair])
    assert wished() == both
    with database.read() as session:
        found = members.elsewhere(session, group, pods[1].id)
    assert {"10.0.0.88/32"} < found.addresses
    neutron.update("port", port["id"], name="other")
    assert wished() == both[:1]
    neutron.delete("port", port["id"])
    assert wished() == both
    with database.read() as session:
        assert not members.elsewhere(session, group, pods[1].id).addresses


def test_an_address_group_follows(
    database: Database, neutron: Neutron, pods: list[Pod], wished: Wished
) -> None:
    group = neutron.create("address_group", name="offices", addresses=["192.0.2.0/24"])
    realised(database, "address_group", group, pods[:1])
    one = [("address_group", pods[0].id)]
    path = f"address-groups/{group['id']}/add_addresses"
    status, body = neutron.call("PUT", path, {"addresses": ["198.51.100.0/24"]})
    assert status == 200, body
    assert wished() == one
    neutron.delete("address_group", group["id"])
    assert wished() == one


def test_a_qos_policy_follows_its_rules(
    database: Database,
    neutron: Neutron,
    port: Any,
    pods: list[Pod],
    wished: Wished,
) -> None:
    status, body = neutron.call(
        "POST", "qos/policies", {"policy": {"name": "slow", "project_id": "project"}}
    )
    assert status == 201, body
    policy = body["policy"]
    realised(database, "qos_policy", policy, pods[:1])
    one = [("qos_policy", pods[0].id)]
    path = f"qos/policies/{policy['id']}"
    status, body = neutron.call(
        "POST",
        f"{path}/bandwidth_limit_rules",
        {"bandwidth_limit_rule": {"max_kbps": 1000}},
    )
    assert status == 201, body
    assert wished() == one
    realised(database, "port", port, pods[:1])
    report = {"device_id": "a-server", "binding:host_id": "host1"}
    profile = {"pod": "Pod1", "status": "ACTIVE"}
    neutron.update("port", port["id"], **report, **{"binding:profile": profile})
    neutron.update("port", port["id"], qos_policy_id=policy["id"])
    assert wished() == [("port", pods[0].id)]
    neutron.update("port", port["id"], qos_policy_id=None)
    assert wished() == [("port", pods[0].id)]
    status, body = neutron.call("DELETE", path)
    assert status == 204, body
    assert wished() == one


def test_ports_follow_when_they_get_an_address_by_themselves(
    database: Database,
    neutron: Neutron,
    network: Any,
    port: Any,
    pods: list[Pod],
    wished: Wished,
) -> None:
    realised(database, "port", port, pods[:1])
    modes = {"ipv6_ra_mode": "slaac", "ipv6_address_mode": "slaac"}
    neutron.create(
        "subnet",
        network_id=network["id"],
        cidr="2001:db8::/64",
        ip_version=6,
        **modes,
    )
    assert wished() == [("port", pods[0].id)]
    _, shown = neutron.call("GET", f"ports/{port['id']}")
    assert len(shown["port"]["fixed_ips"]) == 2


def test_a_network_has_one_segment(neutron: Neutron) -> None:
    segments = [
        {"provider:network_type": "vlan", "provider:physical_network": "dcivlan"}
    ] * 2
    status, body = neutron.call(
        "POST", "networks", {"network": {"project_id": "project", "segments": segments}}
    )
    assert status == 400
    assert "several segments" in body["NeutronError"]["message"]


def test_a_network_keeps_its_segment(neutron: Neutron, network: Any) -> None:
    status, body = neutron.call(
        "PUT",
        f"networks/{network['id']}",
        {"network": {"provider:segmentation_id": 1999}},
    )
    assert status == 400, body
    _, shown = neutron.call("GET", f"networks/{network['id']}")
    before = network["provider:segmentation_id"]
    assert shown["network"]["provider:segmentation_id"] == before


def test_a_change_is_made_while_our_database_is_away(
    database: Database, neutron: Neutron, network: Any, pods: list[Pod], wished: Wished
) -> None:
    realised(database, "network", network, pods)
    path = Path(str(database.engine.url.database))
    away = path.rename(path.with_suffix(".away"))
    path.mkdir()
    try:
        shown = neutron.update("network", network["id"], name="while away")
    finally:
        path.rmdir()
        away.rename(path)
    assert shown["name"] == "while away"
