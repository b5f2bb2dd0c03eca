# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Routers and floating IPs, from a central Neutron into pods' Neutrons, all real."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.functional.network.cloud import Cloud, running_cloud
from tricircle.db.models import Pod
from tricircle.pods import routing

BRIDGE = "100.65.0"


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    folder: Path = tmp_path_factory.mktemp("cloud")
    with running_cloud(folder) as made:
        yield made


class Scene:
    """A router with a subnet in each pod, and an external network in the first."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud, self.central = cloud, cloud.central
        self.external = self.central.create(
            "network",
            name="public",
            availability_zone_hints=["az-Pod1"],
            **{"router:external": True, "provider:network_type": "local"},
        )
        self.central.create(
            "subnet",
            network_id=self.external["id"],
            cidr="192.0.2.0/24",
            ip_version=4,
            enable_dhcp=False,
        )
        self.router = self.central.create(
            "router",
            name="router",
            external_gateway_info={"network_id": self.external["id"]},
        )
        self.subnets: list[Any] = []
        self.ports: list[Any] = []

    def subnet(self, cidr: str, pod: Pod) -> Any:
        """A subnet of the router, with a port that is realised in a pod."""
        network = self.central.create("network", name=cidr)
        version = 6 if ":" in cidr else 4
        subnet = self.central.create(
            "subnet", network_id=network["id"], cidr=cidr, ip_version=version
        )
        self.subnets.append(subnet)
        self.attach(subnet)
        self.port(subnet, pod)
        return subnet

    def port(self, subnet: Any, pod: Pod) -> Any:
        port = self.central.create("port", network_id=subnet["network_id"])
        self.cloud.realise(port, pod)
        self.ports.append(port)
        return port

    def attach(self, subnet: Any, verb: str = "add") -> None:
        path = f"routers/{self.router['id']}/{verb}_router_interface"
        status, body = self.central.call("PUT", path, {"subnet_id": subnet["id"]})
        assert status == 200, body

    def replica(self, pod: Pod, name: str = "router") -> Any:
        found = self.cloud.network(pod.name).find("router", name=name)
        return found[0] if found else None

    def routes(self, pod: Pod, name: str = "router") -> dict[str, str]:
        router = self.replica(pod, name)
        return {one["destination"]: one["nexthop"] for one in router["routes"]}

    def interfaces(self, pod: Pod, name: str = "router") -> dict[str, str]:
        """The addresses of a router in a pod, by the names of the networks."""
        client = self.cloud.network(pod.name)
        router = self.replica(pod, name)
        owner = "network:router_interface"
        return {
            client.get("network", port["network_id"])["name"]: ip["ip_address"]
            for port in client.find("port", device_id=router["id"], device_owner=owner)
            for ip in port["fixed_ips"]
        }

    def gateway_ip(self, pod: Pod, cidr: str) -> str:
        (subnet,) = self.cloud.network(pod.name).find("subnet", cidr=cidr)
        return str(subnet["gateway_ip"])

    # What a user does to be rid of it all, in one order or another.

    def floating_ips(self) -> None:
        _, body = self.central.call("GET", "floatingips")
        for one in body["floatingips"]:
            self.central.delete("floatingip", one["id"])

    def ports_(self) -> None:
        for port in self.ports:
            self.central.delete("port", port["id"])

    def interfaces_(self) -> None:
        for subnet in self.subnets:
            self.attach(subnet, "remove")

    def gateway(self) -> None:
        self.central.update("router", self.router["id"], external_gateway_info={})

    def router_(self) -> None:
        self.central.delete("router", self.router["id"])

    def networks(self) -> None:
        for subnet in self.subnets:
            self.central.delete("network", subnet["network_id"])

    def external_(self) -> None:
        self.central.delete("network", self.external["id"])


ORDERS: dict[str, list[Callable[[Scene], None]]] = {
    "router last": [
        Scene.floating_ips,
        Scene.ports_,
        Scene.interfaces_,
        Scene.networks,
        Scene.gateway,
        Scene.external_,
        Scene.router_,
    ],
    "way out first": [
        Scene.floating_ips,
        Scene.gateway,
        Scene.external_,
        Scene.interfaces_,
        Scene.router_,
        Scene.ports_,
        Scene.networks,
    ],
    "floating IPs last": [
        Scene.ports_,
        Scene.interfaces_,
        Scene.networks,
        Scene.router_,
        Scene.floating_ips,
        Scene.external_,
    ],
}


@pytest.fixture
def scene(cloud: Cloud) -> Scene:
    return Scene(cloud)


def assert_nothing_is_left(cloud: Cloud) -> None:
    for region in ("RegionOne", "Pod1", "Pod2"):
        client = cloud.network(region)
        for kind in ("router", "floatingip", "network", "subnet", "port"):
            assert not client.find(kind), (region, kind)
    with cloud.database.read() as session:
        kinds = {route.resource_type for route in routing.routes(session)}
    assert kinds <= {"security_group", "security_group_members"}


def test_two_pods_are_joined_and_let_go(cloud: Cloud, scene: Scene) -> None:
    one, two = cloud.pods
    left = scene.subnet("10.0.1.0/24", one)
    scene.subnet("10.0.2.0/24", two)
    cloud.work()

    # The gateway's pod has both subnets, of which one has its home in the other pod.
    here, there = scene.interfaces(one), scene.interfaces(two)
    assert here["10.0.1.0/24"] == "10.0.1.1"
    assert there == {"10.0.2.0/24": "10.0.2.1"}
    assert here["10.0.2.0/24"] not in {"10.0.2.1", ""}
    assert scene.gateway_ip(one, "10.0.2.0/24") == here["10.0.2.0/24"]
    assert scene.gateway_ip(two, "10.0.2.0/24") == "10.0.2.1"
    gateway = scene.replica(one)["external_gateway_info"]
    wanted = scene.router["external_gateway_info"]
    assert [ip["ip_address"] for ip in gateway["external_fixed_ips"]] == [
        ip["ip_address"] for ip in wanted["external_fixed_ips"]
    ]
    assert scene.replica(two)["external_gateway_info"] is None

    # What is elsewhere is behind the east-west routers.
    own = {pod.name: scene.interfaces(pod, "east-west of router") for pod in cloud.pods}
    (transit,) = own["Pod2"].values()
    assert scene.routes(two) == {
        "10.0.1.0/24": transit,
        "0.0.0.0/0": here["10.0.2.0/24"],
    }
    across = scene.routes(two, "east-west of router")["10.0.1.0/24"]
    assert across.startswith(BRIDGE)
    info = scene.replica(one, "east-west of router")["external_gateway_info"]
    assert not info["enable_snat"]
    assert across in {ip["ip_address"] for ip in info["external_fixed_ips"]}

    # An interface goes, and with it what led there; the address is free again.
    scene.attach(left, "remove")
    cloud.work()
    assert set(scene.interfaces(one)) == {"10.0.2.0/24"}
    assert set(scene.routes(two)) == {"0.0.0.0/0"}
    assert scene.replica(one, "east-west of router") is None
    assert not cloud.network("RegionOne").find("network", name="bridge of router")
    scene.attach(left)
    cloud.work()
    assert set(scene.routes(two)) == {"10.0.1.0/24", "0.0.0.0/0"}

    before = cloud.network("Pod1").find("router")
    scene.central.update("router", scene.router["id"], name="renamed")
    cloud.work()
    assert {r["id"] for r in cloud.network("Pod1").find("router")} == {
        r["id"] for r in before
    }
    assert scene.replica(one, "renamed")

    for drop in ORDERS["router last"]:
        drop(scene)
    cloud.work()
    assert_nothing_is_left(cloud)


def test_a_floating_ip_moves_from_pod_to_pod(cloud: Cloud, scene: Scene) -> None:
    one, two = cloud.pods
    scene.subnet("10.0.1.0/24", one)
    scene.subnet("10.0.2.0/24", two)
    here, there = scene.ports
    floating = scene.central.create(
        "floatingip",
        floating_network_id=scene.external["id"],
        port_id=here["id"],
    )
    cloud.work()
    pod = cloud.network("Pod1")
    (replica,) = pod.find("floatingip")
    assert replica["floating_ip_address"] == floating["floating_ip_address"]
    assert replica["fixed_ip_address"] == here["fixed_ips"][0]["ip_address"]

    scene.central.update("floatingip", floating["id"], port_id=there["id"])
    cloud.work()
    (moved,) = pod.find("floatingip")
    assert moved["id"] == replica["id"]
    assert moved["fixed_ip_address"] == there["fixed_ips"][0]["ip_address"]
    assert not cloud.network("Pod2").find("floatingip")

    # Now it forwards ports instead, and then again leads to a port.
    scene.central.update("floatingip", floating["id"], port_id=None)
    cloud.work()
    assert not pod.find("floatingip")
    path = f"floatingips/{floating['id']}/port_forwardings"
    body = {
        "internal_port_id": there["id"],
        "internal_ip_address": there["fixed_ips"][0]["ip_address"],
        "internal_port": 80,
        "external_port": 8080,
        "protocol": "tcp",
    }
    status, made = scene.central.call("POST", path, {"port_forwarding": body})
    assert status == 201, made
    cloud.work()
    (replica,) = pod.find("floatingip")
    (forwarding,) = replica["port_forwardings"]
    assert (forwarding["internal_port"], forwarding["external_port"]) == (80, 8080)
    forwarding_id = made["port_forwarding"]["id"]
    status, _ = scene.central.call(
        "PUT", f"{path}/{forwarding_id}", {"port_forwarding": {"internal_port": 81}}
    )
    assert status == 200
    cloud.work()
    (replica,) = pod.find("floatingip")
    assert [one["internal_port"] for one in replica["port_forwardings"]] == [81]
    assert scene.central.call("DELETE", f"{path}/{forwarding_id}")[0] == 204
    scene.central.update("floatingip", floating["id"], port_id=here["id"])
    cloud.work()
    (replica,) = pod.find("floatingip")
    assert replica["fixed_ip_address"] == here["fixed_ips"][0]["ip_address"]

    for drop in ORDERS["router last"]:
        drop(scene)
    cloud.work()
    assert_nothing_is_left(cloud)


@pytest.mark.parametrize(
    ("order", "works"),
    [
        ("router last", "at once"),
        ("way out first", "step by step"),
        ("floating IPs last", "at once"),
    ],
)
def test_nothing_is_left_in_whatever_order_it_goes(
    cloud: Cloud, scene: Scene, order: str, works: str
) -> None:
    one, two = cloud.pods
    scene.subnet("10.0.1.0/24", one)
    scene.subnet("10.0.2.0/24", two)
    for port in scene.ports:
        scene.central.create(
            "floatingip", floating_network_id=scene.external["id"], port_id=port["id"]
        )
    cloud.work()
    assert len(cloud.network("Pod1").find("floatingip")) == 2
    for drop in ORDERS[order]:
        drop(scene)
        if works == "step by step":
            cloud.work()
    cloud.work()
    assert_nothing_is_left(cloud)


def test_both_families_reach_over_pods(cloud: Cloud, scene: Scene) -> None:
    one, two = cloud.pods
    scene.subnet("10.0.1.0/24", one)
    scene.subnet("2001:db8:1::/64", one)
    scene.subnet("10.0.2.0/24", two)
    scene.subnet("2001:db8:2::/64", two)
    scene.gateway()
    cloud.work()
    assert {"10.0.2.0/24", "2001:db8:2::/64"} == set(scene.routes(one))
    assert {"10.0.1.0/24", "2001:db8:1::/64"} == set(scene.routes(two))
    across = scene.routes(one, "east-west of router")
    assert across["2001:db8:2::/64"].startswith("fd65:6b72:6964:6765:")
    for drop in ORDERS["router last"]:
        drop(scene)
    cloud.work()
    assert_nothing_is_left(cloud)
