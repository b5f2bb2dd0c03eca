# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Routers are where their subnets are, whatever happens on the way."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from tests.unit.tricircle.network.fake_routers import (
    INTERFACE,
    RouterNeutron,
    RouterNeutrons,
)
from tests.unit.tricircle.network.world import PROJECT, World, make_world
from tricircle.db.models import Job, JobState, Pod
from tricircle.network.errors import Exhausted
from tricircle.network.interconnect.bridge import Ranges
from tricircle.network.reconcilers.router_in_pod import RouterInPod
from tricircle.network.reconcilers.router_planner import RouterPlanner
from tricircle.network.reconcilers.router_seats import InterfaceSeats
from tricircle.regions.errors import Unreachable
from tricircle.regions.network import Resource

KINDS = ("router", "floatingip", "network", "subnet", "port")


class Scene:
    """A central router with a gateway in Pod1, and a subnet in each pod."""

    def __init__(self, world: World) -> None:
        self.world, self.central = world, world.central
        self.external = self.make_network(
            "192.0.2.0/24",
            gateway_ip="192.0.2.1",
            network={"router:external": True, "provider:network_type": "local"},
        )
        info = {
            "network_id": self.external["network_id"],
            "enable_snat": True,
            "external_fixed_ips": [
                {"subnet_id": self.external["id"], "ip_address": "192.0.2.9"}
            ],
        }
        self.router = self.central.create(
            "router",
            {"name": "r", "project_id": PROJECT, "external_gateway_info": info},
        )
        self.subnets: list[Resource] = []
        self.interfaces: list[Resource] = []
        self.ports: list[Resource] = []

    def make_network(
        self, cidr: str, gateway_ip: str, network: dict[str, Any] | None = None
    ) -> Resource:
        made = self.central.create(
            "network", {"name": cidr, "project_id": PROJECT, **(network or {})}
        )
        body = {"network_id": made["id"], "cidr": cidr, "project_id": PROJECT}
        return self.central.create("subnet", {**body, "gateway_ip": gateway_ip})

    def attach(self, subnet: Resource) -> None:
        there = {"subnet_id": subnet["id"], "ip_address": subnet["gateway_ip"]}
        port = self.central.create(
            "port",
            {
                "network_id": subnet["network_id"],
                "fixed_ips": [there],
                "project_id": PROJECT,
                "device_id": self.router["id"],
                "device_owner": INTERFACE,
                "created_at": f"2026-01-01T00:00:0{len(self.interfaces)}Z",
            },
        )
        self.interfaces.append(port)
        self.want()

    def subnet(self, number: int, pod: Pod, **network: Any) -> Resource:
        """A subnet of the router with a port in a pod."""
        subnet = self.make_network(
            f"10.0.{number}.0/24", f"10.0.{number}.1", network=network
        )
        self.subnets.append(subnet)
        self.attach(subnet)
        port = self.central.create(
            "port",
            {
                "network_id": subnet["network_id"],
                "project_id": PROJECT,
                "fixed_ips": [{"subnet_id": subnet["id"]}],
            },
        )
        self.ports.append(port)
        self.world.realise(port, pod)
        return subnet

    def floating_ip(self, port: Resource) -> Resource:
        made = self.central.create(
            "floatingip",
            {
                "floating_network_id": self.external["network_id"],
                "floating_ip_address": "192.0.2.77",
                "project_id": PROJECT,
            },
        )
        self.lead(made, port)
        return made

    def lead(self, floating: Resource, port: Resource) -> None:
        address = port["fixed_ips"][0]["ip_address"]
        self.central.put(
            "floatingip", floating["id"], port_id=port["id"], fixed_ip_address=address
        )
        self.world.want("floatingip", floating["id"])

    def want(self) -> None:
        self.world.want("router", self.router["id"])

    def drop(self) -> None:
        """Delete all of it in the central region, as Neutron does."""
        for kind in ("floatingip", "router", "network", "subnet", "port"):
            for one in self.central.all(kind):
                if one["name" if "name" in one else "id"].startswith("bridge of"):
                    continue
                if one.get("device_owner") == "network:distributed":
                    continue
                self.central._resources[kind].pop(one["id"], None)
                self.world.tell(kind, one["id"])
                if kind in {"router", "floatingip"}:
                    self.world.want(kind, one["id"])

    def shape(self, pod: Pod) -> list[Any]:
        """What a pod has, as far as it is the same each time."""
        there = self.world.neutrons.network(pod.name)
        shown = []
        for router in there.all("router"):
            info = router["external_gateway_info"] or {}
            ips = [ip["ip_address"] for ip in info.get("external_fixed_ips", ())]
            ports = there.find("port", device_id=router["id"])
            shown.append(
                (
                    router["name"],
                    sorted(
                        ip["ip_address"] for port in ports for ip in port["fixed_ips"]
                    ),
                    len(ips),
                    sorted(route["destination"] for route in router["routes"]),
                )
            )
        shown.sort()
        networks = sorted(
            (n["name"], bool(n.get("router:external"))) for n in there.all("network")
        )
        floating = [one["fixed_ip_address"] for one in there.all("floatingip")]
        return [shown, networks, floating]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = replace(make_world(tmp_path), neutrons=RouterNeutrons())
    yield made
    made.database.dispose()


@pytest.fixture
def scene(world: World) -> Scene:
    return Scene(world)


def full(scene: Scene) -> None:
    one, two = scene.world.pods
    scene.subnet(1, one)
    scene.subnet(2, two)
    scene.floating_ip(scene.ports[1])


def left(world: World) -> list[Any]:
    regions = [world.central, *(world.neutrons.network(p.name) for p in world.pods)]
    return [
        (region.name, kind, one.get("name"))
        for region in regions
        for kind in KINDS
        for one in region.all(kind)
    ]


def kinds(world: World) -> list[str]:
    return [route.resource_type for route in world.routes()]


def test_a_router_comes_with_its_subnets_and_goes(world: World, scene: Scene) -> None:
    full(scene)
    assert not world.work()
    one, two = world.pods
    routers, networks, floating = scene.shape(one)
    assert [name for name, *_ in routers] == ["east-west of r", "r"]
    assert ("bridge of r", True) in networks
    assert floating == [scene.ports[1]["fixed_ips"][0]["ip_address"]]
    assert not scene.shape(two)[2]
    scene.drop()
    assert not world.work()
    assert not left(world)
    assert not kinds(world)


def test_a_second_run_changes_nothing(world: World, scene: Scene) -> None:
    full(scene)
    world.work()
    before = [scene.shape(pod) for pod in world.pods]
    number = next(world.neutrons.accidents.number)
    scene.want()
    assert not world.work()
    assert next(world.neutrons.accidents.number) == number + 1
    assert [scene.shape(pod) for pod in world.pods] == before
    assert not [found for found in world.audit() if found[0] != "port"]


def test_a_floating_ip_does_not_wait_longer_than_its_router(
    world: World, scene: Scene
) -> None:
    full(scene)
    world.work()
    hour = datetime.now(UTC) + timedelta(hours=1)

    def put_off(session: Session) -> None:
        session.execute(
            update(Job)
            .where(Job.kind == "floatingip")
            .values(state=JobState.FAILED, wanted=Job.wanted + 1, next_run_at=hour)
        )

    world.database.retried(put_off)
    router = scene.router["id"]
    for pod, is_due in ((world.pods[1], False), (world.pods[0], True)):
        RouterInPod(world.reach).reconcile(router, pod, PROJECT)
        with world.database.read() as session:
            (job,) = session.scalars(select(Job).where(Job.kind == "floatingip"))
        assert (job.next_run_at < hour) is is_due


def fails_at(number: int, place: str) -> Callable[[int, str], None]:
    seen = iter(range(1_000_000))

    def happen(_: int, where: str) -> None:
        if where == place and next(seen) == number:
            raise Unreachable("no answer")

    return happen


@pytest.mark.parametrize("place", ["before", "after"])
@pytest.mark.parametrize("number", range(0, 48, 3))
def test_it_comes_out_the_same_wherever_it_stopped(
    world: World, scene: Scene, number: int, place: str
) -> None:
    world.patience = replace(world.patience, wait=1, takeover=0.2)
    full(scene)
    world.neutrons.accidents.happen = fails_at(number, place)
    assert not world.work(60)
    one, two = world.pods
    expected = (
        [
            ("east-west of r", 2, ["0.0.0.0/0", "10.0.2.0/24"]),
            ("r", 1, []),
        ],
        [
            ("east-west of r", 2, ["10.0.1.0/24"]),
            ("r", 0, ["0.0.0.0/0", "10.0.1.0/24"]),
        ],
    )
    for pod, wanted in zip((one, two), expected, strict=True):
        routers = scene.shape(pod)[0]
        assert [(name, ips, routes) for name, _, ips, routes in routers] == wanted
        assert len(routers[0][1]) == 1
    assert scene.shape(one)[2] == [scene.ports[1]["fixed_ips"][0]["ip_address"]]
    world.neutrons.accidents.happen = fails_at(number, place)
    scene.drop()
    assert not world.work(60)
    assert not left(world)
    assert not kinds(world)


@pytest.mark.parametrize("is_half", [True, False], ids=["half", "whole"])
def test_an_interface_in_doubt_is_made_anew_or_kept(
    world: World, scene: Scene, is_half: bool
) -> None:
    """A Neutron that dies while it attaches a port leaves it without an interface."""
    scene.subnet(1, world.pods[0])
    scene.subnet(2, world.pods[1])
    assert not world.work(60)
    before = {port["id"] for port in interfaces(world)}
    there = cast("RouterNeutron", world.there)
    for port_id in before:
        there.put("port", port_id, name="being attached")
        if is_half:
            there.half_attached.add(port_id)
    scene.want()
    assert not world.work(60)
    after = interfaces(world)
    assert len(after) == len(before)
    assert {port["name"] for port in after} == {""}
    assert not is_half or before.isdisjoint(port["id"] for port in after)
    scene.drop()
    assert not world.work(60)
    assert not left(world)


@pytest.mark.parametrize("wanted", [True, False], ids=["wanted", "not wanted"])
def test_what_is_left_of_a_gateway_goes(
    world: World, scene: Scene, wanted: bool
) -> None:
    """A Neutron that dies while it makes one leaves its port, and no gateway."""
    scene.subnet(1, world.pods[0])
    assert not world.work(60)
    (router,) = (one for one in world.there.all("router") if one["name"] == "r")
    info = router["external_gateway_info"]
    world.there.put("router", router["id"], external_gateway_info=None)
    world.there.create(
        "port",
        {
            "network_id": info["network_id"],
            "fixed_ips": info["external_fixed_ips"],
            "device_id": router["id"],
            "device_owner": "network:router_gateway",
        },
    )
    if wanted:
        scene.want()
        assert not world.work(60)
        (router,) = (one for one in world.there.all("router") if one["name"] == "r")
        assert router["external_gateway_info"] == info
    else:
        scene.drop()
        assert not world.work(60)
        assert not left(world)
    assert not world.there.find("port", device_owner="network:router_gateway")


def test_what_is_left_of_a_floating_ip_makes_room(world: World, scene: Scene) -> None:
    """A Neutron that dies while it makes one leaves the port with the address."""
    scene.subnet(1, world.pods[0])
    assert not world.work(60)
    (subnet,) = (s for s in world.there.all("subnet") if s["cidr"] == "192.0.2.0/24")
    world.there.create(
        "port",
        {
            "network_id": subnet["network_id"],
            "fixed_ips": [{"subnet_id": subnet["id"], "ip_address": "192.0.2.77"}],
            "device_id": "PENDING",
            "device_owner": "network:floatingip",
        },
    )
    scene.floating_ip(scene.ports[0])
    assert not world.work(60)
    (made,) = world.there.all("floatingip")
    assert made["floating_ip_address"] == "192.0.2.77"
    assert not world.there.find("port", device_id="PENDING")


def interfaces(world: World) -> list[Resource]:
    """The interfaces of routers in the first pod."""
    return world.there.find("port", device_owner=INTERFACE)


def test_many_who_ask_get_one_seat_for_each_pod(world: World, scene: Scene) -> None:
    scene.subnet(1, world.pods[0])
    seats = InterfaceSeats(world.reach)
    port = scene.interfaces[0]

    def take(number: int) -> Any:
        return seats.take(port, world.pods[number])

    with ThreadPoolExecutor(8) as pool:
        found = list(
            pool.map(lambda n: (n % 2, seats.take(port, world.pods[n % 2])), range(16))
        )
    by_pod = {pod: {str(seat) for n, seat in found if n == pod} for pod in (0, 1)}
    assert [len(one) for one in by_pod.values()] == [1, 1]
    assert by_pod[0] != by_pod[1]
    reserved = world.central.find("port", device_owner="network:distributed")
    assert len([one for one in reserved if port["id"] in one["device_id"]]) == 1


def test_a_range_that_is_used_up_is_told(world: World, scene: Scene) -> None:
    full(scene)
    small = replace(world.reach, ranges=Ranges(first_vlan=1000, last_vlan=1001))
    with pytest.raises(Exhausted, match=r"VLANs 1000 to 1001 of dcivlan .* widen"):
        RouterPlanner(small).reconcile(scene.router["id"], PROJECT)


def test_a_network_that_is_local_to_a_pod_has_no_way_out_elsewhere(
    world: World, scene: Scene
) -> None:
    world.central.put(
        "network", scene.external["network_id"], availability_zone_hints=["az1"]
    )
    scene.subnet(1, world.pods[1], **{"provider:network_type": "geneve"})
    said = world.work()
    assert [text for text in said if "has its gateway in Pod1" in text]


def test_what_the_pods_operator_made_is_used_and_left_there(
    world: World, scene: Scene
) -> None:
    there = world.there.create(
        "network",
        {
            "name": "theirs",
            "router:external": True,
            "provider:network_type": "flat",
            "provider:physical_network": "external",
        },
    )
    world.there.create(
        "subnet", {"network_id": there["id"], "cidr": "192.0.2.0/24", "name": "theirs"}
    )
    full(scene)
    assert not world.work()
    (router,) = world.there.find("router", name="r")
    assert router["external_gateway_info"]["network_id"] == there["id"]
    assert world.there.get("network", there["id"])["name"] == "theirs"
    scene.drop()
    assert not world.work()
    assert [(kind, name) for _, kind, name in left(world)] == [
        ("network", "theirs"),
        ("subnet", "theirs"),
    ]
    assert not world.there.get("network", there["id"])["tags"]
