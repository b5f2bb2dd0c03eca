# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""The L3 plugin inside a real Neutron."""

from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import pytest
from sqlalchemy import select

from tests.functional.network.process import Neutron
from tricircle.db import migration
from tricircle.db.engine import Database
from tricircle.db.models import Job
from tricircle.pods import registry, routing

Wished = Callable[[], list[tuple[str, str, str]]]

_numbers = count(1)


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """Tricircle's database, with a pod in each of two zones."""
    path = tmp_path_factory.mktemp("db") / "tricircle.sqlite"
    made = Database(f"sqlite:///{path}")
    migration.sync(made)
    with made.write() as session:
        for name, zone in {"Pod1": "az1", "Pod2": "az2"}.items():
            registry.create(session, name=name, az_name=zone)
    yield made
    made.dispose()


@pytest.fixture
def wished(database: Database) -> Wished:
    """Gives the kind, resource and pod of each wish since the last time."""

    def wished() -> list[tuple[str, str, str]]:
        with database.write() as session:
            found = list(session.scalars(select(Job)))
            for job in found:
                session.delete(job)
        return sorted((job.kind, job.resource_id, job.scope) for job in found)

    return wished


@pytest.fixture
def router(neutron: Neutron) -> Any:
    return neutron.create("router", name="router")


@pytest.fixture
def external(neutron: Neutron) -> Any:
    number = next(_numbers)
    network = neutron.create(
        "network",
        **{
            "name": "public",
            "router:external": True,
            "provider:network_type": "flat",
            "provider:physical_network": f"external{number}",
            "availability_zone_hints": ["az1"],
        },
    )
    neutron.create(
        "subnet",
        network_id=network["id"],
        cidr=f"192.0.{number}.0/24",
        ip_version=4,
        enable_dhcp=False,
    )
    return network


def make_subnet(neutron: Neutron, cidr: str, **options: Any) -> Any:
    network = neutron.create("network", name="net")
    return neutron.create(
        "subnet",
        network_id=network["id"],
        cidr=cidr,
        ip_version=6 if ":" in cidr else 4,
        **options,
    )


def attach(neutron: Neutron, router: Any, subnet: Any, verb: str = "add") -> Any:
    path = f"routers/{router['id']}/{verb}_router_interface"
    return neutron.call("PUT", path, {"subnet_id": subnet["id"]})


def test_each_change_of_a_router_is_wished_for(
    neutron: Neutron, router: Any, external: Any, wished: Wished
) -> None:
    one = [("router", router["id"], "")]
    assert not wished()
    subnet = make_subnet(neutron, "10.0.0.0/24")
    assert attach(neutron, router, subnet)[0] == 200
    assert wished() == one
    neutron.update("router", router["id"], name="other")
    assert wished() == one
    gateway = {"network_id": external["id"]}
    shown = neutron.update("router", router["id"], external_gateway_info=gateway)
    assert shown["external_gateway_info"]["external_fixed_ips"]
    assert wished() == one
    path = f"routers/{router['id']}"
    routes = [{"destination": "10.9.0.0/24", "nexthop": "10.0.0.9"}]
    for verb in ("add_extraroutes", "remove_extraroutes"):
        status, _ = neutron.call(
            "PUT", f"{path}/{verb}", {"router": {"routes": routes}}
        )
        assert status == 200
        assert wished() == one
    neutron.update("router", router["id"], external_gateway_info={})
    assert wished() == one
    assert attach(neutron, router, subnet, "remove")[0] == 200
    assert wished() == one
    neutron.delete("router", router["id"])
    assert wished() == one


def test_the_ports_of_a_router_are_active(
    neutron: Neutron, router: Any, external: Any
) -> None:
    attach(neutron, router, make_subnet(neutron, "10.7.0.0/24"))
    gateway = {"network_id": external["id"]}
    neutron.update("router", router["id"], external_gateway_info=gateway)
    _, found = neutron.call("GET", f"ports?device_id={router['id']}")
    assert {port["device_owner"]: port["status"] for port in found["ports"]} == {
        "network:router_interface": "ACTIVE",
        "network:router_gateway": "ACTIVE",
    }


def test_a_floating_ip_is_wished_for_and_active_while_it_leads_somewhere(
    neutron: Neutron, router: Any, external: Any, wished: Wished
) -> None:
    subnet = make_subnet(neutron, "10.1.0.0/24")
    attach(neutron, router, subnet)
    gateway = {"network_id": external["id"]}
    neutron.update("router", router["id"], external_gateway_info=gateway)
    port = neutron.create("port", network_id=subnet["network_id"])
    wished()
    floating = neutron.create("floatingip", floating_network_id=external["id"])
    one = [("floatingip", floating["id"], "")]
    assert floating["status"] == "DOWN"
    assert wished() == one
    shown = neutron.update("floatingip", floating["id"], port_id=port["id"])
    assert shown["status"] == "ACTIVE"
    assert wished() == one
    neutron.delete("port", port["id"])
    assert wished() == one
    _, shown = neutron.call("GET", f"floatingips/{floating['id']}")
    assert shown["floatingip"]["status"] == "DOWN"
    neutron.delete("floatingip", floating["id"])
    assert wished() == one


def test_port_forwardings_concern_their_floating_ip(
    neutron: Neutron, router: Any, external: Any, wished: Wished
) -> None:
    subnet = make_subnet(neutron, "10.2.0.0/24")
    attach(neutron, router, subnet)
    gateway = {"network_id": external["id"]}
    neutron.update("router", router["id"], external_gateway_info=gateway)
    port = neutron.create("port", network_id=subnet["network_id"])
    floating = neutron.create("floatingip", floating_network_id=external["id"])
    wished()
    one = [("floatingip", floating["id"], "")]
    path = f"floatingips/{floating['id']}/port_forwardings"
    body = {
        "internal_port_id": port["id"],
        "internal_ip_address": port["fixed_ips"][0]["ip_address"],
        "internal_port": 80,
        "external_port": 8080,
        "protocol": "tcp",
    }
    status, made = neutron.call("POST", path, {"port_forwarding": body})
    assert status == 201, made
    assert wished() == one
    forwarding = made["port_forwarding"]["id"]
    status, _ = neutron.call(
        "PUT", f"{path}/{forwarding}", {"port_forwarding": {"internal_port": 81}}
    )
    assert status == 200
    assert wished() == one
    assert neutron.call("DELETE", f"{path}/{forwarding}")[0] == 204
    assert wished() == one


def test_an_interface_keeps_its_address(neutron: Neutron, router: Any) -> None:
    """And gets another one for each further IPv6 subnet of its network."""
    subnet = make_subnet(neutron, "10.0.0.0/24")
    port_id = attach(neutron, router, subnet)[1]["port_id"]

    def put(address: dict[str, str]) -> int:
        fixed_ips = [{"subnet_id": subnet["id"], **address}]
        body = {"port": {"fixed_ips": fixed_ips}}
        return neutron.call("PUT", f"ports/{port_id}", body)[0]

    assert put({}) == 200
    assert put({"ip_address": "10.0.0.9"}) == 400
    modes = {"ipv6_ra_mode": "slaac", "ipv6_address_mode": "slaac"}
    first = make_subnet(neutron, "2001:db8:1::/64", **modes)
    second = neutron.create(
        "subnet",
        network_id=first["network_id"],
        cidr="2001:db8:2::/64",
        ip_version=6,
        **modes,
    )
    interfaces = [attach(neutron, router, one)[1]["port_id"] for one in (first, second)]
    assert interfaces[0] == interfaces[1]


@pytest.mark.parametrize("cidr", ["100.65.0.0/25", "fd65:6b72:6964:6765::/64"])
def test_an_interface_must_not_overlap_the_bridge_networks(
    neutron: Neutron, router: Any, wished: Wished, cidr: str
) -> None:
    wished()
    subnet = make_subnet(neutron, cidr)
    status, body = attach(neutron, router, subnet)
    assert status == 409
    assert "by which routers reach other pods" in body["NeutronError"]["message"]
    assert not wished()


def test_zones_are_those_of_the_pods(
    database: Database, neutron: Neutron, wished: Wished
) -> None:
    _, zones = neutron.call("GET", "availability_zones")
    shown = {(z["name"], z["resource"]) for z in zones["availability_zones"]}
    assert shown == {(z, r) for z in ("az1", "az2") for r in ("network", "router")}
    for kind in ("network", "router"):
        body = {"project_id": "project", "availability_zone_hints": ["nowhere"]}
        status, _ = neutron.call("POST", f"{kind}s", {kind: body})
        assert status == 404
        made = neutron.create(kind, availability_zone_hints=["az2"])
        assert made["availability_zone_hints"] == ["az2"]
        assert made["availability_zones"] == []
        with database.write() as session:
            pod = registry.by_name(session, "Pod2")
            routing.learn(
                session,
                resource_type=kind,
                resource_id=made["id"],
                pod_id=pod.id,
                project_id="project",
            )
        _, shown = neutron.call("GET", f"{kind}s/{made['id']}")
        assert shown[kind]["availability_zones"] == ["az2"]


def test_neutron_has_the_extensions_of_routers(neutron: Neutron) -> None:
    _, body = neutron.call("GET", "extensions")
    aliases = {extension["alias"] for extension in body["extensions"]}
    assert {
        "router",
        "extraroute",
        "extraroute-atomic",
        "ext-gw-mode",
        "fip-port-details",
        "floating-ip-port-forwarding",
        "router_availability_zone",
    } <= aliases
    assert not aliases & {"dvr", "l3-ha", "l3_agent_scheduler"}
