# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Services are killed while networks change: once all run again, nothing drifts.

Each round does one sort of operation, and kills a service at a random moment of it. A
user whose request was broken off sees an error; whatever they were left with, the
central region and the pods agree about it within a minute.
"""

import random
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import pytest
from keystoneauth1.exceptions import ClientException
from openstack.exceptions import NotFoundException, SDKException

from tests.integration import routed
from tests.integration.bench import TOPOLOGY, rounds
from tests.integration.cloud import Cloud, zone_of
from tests.integration.program import heal, kill
from tests.integration.routed import Guest
from tests.integration.test_network_verify import verify
from tests.integration.traffic import pings
from tests.integration.waiting import wait_for

HERE, THERE = TOPOLOGY.pods[:2]
_ROUNDS = rounds(6)
_VICTIMS = (
    f"{TOPOLOGY.central.slug}-tricircle-xjob",
    f"{TOPOLOGY.central.slug}-neutron-api",
    f"{HERE.slug}-neutron-api",
    f"{THERE.slug}-neutron-api",
)
#: A service dies after that long at the latest: while the operation goes on, or what
#: follows from it.
_LATEST_SECONDS = 10.0
#: What is promised, from when all services run again.
_AGREED_SECONDS = 60.0
_PREFIX = "broken"


@dataclass(frozen=True)
class Scene:
    """A router with a gateway, and a network with a server in each pod."""

    cloud: Cloud
    group: Any
    external: Any
    network: Any
    guests: list[Guest]

    @property
    def api(self) -> Any:
        """Neutron, as the user sees it."""
        return self.cloud.user.network

    @property
    def broken(self) -> str:
        """What the names of what operations make start with."""
        return self.cloud.name(_PREFIX)


@pytest.fixture
def scene(whole_cloud: Cloud) -> Iterator[Scene]:
    with ExitStack() as stack:
        cloud = replace(whole_cloud, stack=stack)
        group = routed.open_group(cloud, "killed")
        external = routed.external_network(cloud, HERE)
        network = cloud.make_network("killed", "10.75.0.0/24")
        router = routed.make_router(cloud, "killed", external)
        routed.attach(cloud, router, network)
        guests = []
        for pod in (HERE, THERE):
            port = routed.make_port(cloud, f"killed-{pod.slug}", network, group)
            guests.append(routed.boot(cloud, port, pod))
        made = Scene(cloud, group, external, network, guests)
        stack.callback(_sweep, made)
        stack.callback(heal)
        yield made
    routed.assert_nothing_is_left(cloud)


def _boot(scene: Scene, zone: str, **interface: str) -> str:
    server = scene.cloud.user.compute.create_server(
        name=scene.broken,
        image_id=scene.cloud.image,
        flavor_id=scene.cloud.flavor,
        availability_zone=zone,
        networks=[interface],
    )
    return str(server.id)


def _a_network(scene: Scene) -> None:
    """A network, its subnet and its ports, with servers in both pods."""
    api, name = scene.api, scene.broken
    network = api.create_network(name=name)
    subnet = api.create_subnet(
        network_id=network.id, name=name, ip_version=4, cidr="10.76.0.0/24"
    )
    ports = [api.create_port(network_id=network.id, name=name) for _ in range(2)]
    servers = [
        _boot(scene, zone_of(pod), port=port.id)
        for pod, port in zip((HERE, THERE), ports, strict=True)
    ]
    api.update_network(network, name=f"{name}-other")
    api.update_subnet(subnet, dns_nameservers=["192.0.2.53"])
    api.update_port(ports[0], name=f"{name}-other")
    scene.cloud.delete_servers(servers)
    for port in ports:
        api.delete_port(port)
    api.delete_network(network)


def _servers(scene: Scene) -> None:
    """Servers on a network that is there, made and deleted."""
    servers = [
        _boot(scene, zone_of(pod), uuid=scene.network.id) for pod in (HERE, THERE)
    ]
    scene.cloud.delete_servers(servers)


def _a_port(scene: Scene) -> None:
    """A port of a server, changed; and another one, attached and detached."""
    api, guest = scene.api, scene.guests[0]
    api.update_port(guest.port, name=scene.broken)
    pairs = [{"ip_address": "10.75.0.250"}]
    api.update_port(guest.port, allowed_address_pairs=pairs)
    port = api.create_port(network_id=scene.network.id, name=scene.broken)
    compute = scene.cloud.user.compute
    compute.create_server_interface(guest.server, port_id=port.id)
    compute.delete_server_interface(port.id, guest.server)
    api.update_port(guest.port, allowed_address_pairs=[])


def _a_router(scene: Scene) -> None:
    """A router, its interface, its route and its gateway."""
    api = scene.api
    router = api.create_router(name=scene.broken)
    port = api.create_port(network_id=scene.network.id, name=scene.broken)
    api.add_interface_to_router(router, port_id=port.id)
    api.update_router(router, external_gateway_info={"network_id": scene.external.id})
    hop = {"destination": "192.0.2.0/24", "nexthop": scene.guests[1].address}
    api.update_router(router, routes=[hop])
    api.update_router(router, routes=[])
    api.update_router(router, external_gateway_info={})
    api.remove_interface_from_router(router, port_id=port.id)
    api.delete_router(router)


def _a_floating_ip(scene: Scene) -> None:
    """A floating IP, which moves from pod to pod."""
    api = scene.api
    floating = api.create_ip(
        floating_network_id=scene.external.id, description=scene.broken
    )
    for guest in scene.guests:
        api.update_ip(floating, port_id=guest.port)
    api.update_ip(floating, port_id=None)
    api.delete_ip(floating)


def _a_group(scene: Scene) -> None:
    """A security group, its rule, and its members in both pods."""
    api, ours = scene.api, scene.group.id
    group = api.create_security_group(name=scene.broken)
    rule = api.create_security_group_rule(
        security_group_id=group.id,
        direction="ingress",
        ether_type="IPv4",
        protocol="udp",
        remote_group_id=group.id,
    )
    for guest in scene.guests:
        api.update_port(guest.port, security_groups=[ours, group.id])
    api.update_security_group(group, name=f"{scene.broken}-other")
    api.delete_security_group_rule(rule)
    for guest in scene.guests:
        api.update_port(guest.port, security_groups=[ours])
    api.delete_security_group(group)


_OPERATIONS: tuple[Callable[[Scene], None], ...] = (
    _a_network,
    _a_router,
    _a_group,
    _servers,
    _a_floating_ip,
    _a_port,
)


@pytest.mark.timeout(300 + 180 * _ROUNDS)
def test_nothing_drifts(scene: Scene) -> None:
    seed = random.randrange(1 << 32)  # noqa: S311 (no secret)
    chance = random.Random(seed)  # noqa: S311
    print(f"killing at moments by seed {seed}")
    for number in range(_ROUNDS):
        operation = _OPERATIONS[number % len(_OPERATIONS)]
        # Each operation meets each victim in turn.
        turn = number + number // len(_OPERATIONS)
        victim = _VICTIMS[turn % len(_VICTIMS)]
        delay = chance.uniform(0, _LATEST_SECONDS)
        print(f"round {number}: {operation.__name__}, {victim} dies at {delay:.1f} s")
        _round(scene, operation, victim, delay)
    _agreed(scene)
    here, there = scene.guests
    answers = partial(pings, here.namespace, there.address)
    wait_for(answers, "the servers to reach each other")


def _round(
    scene: Scene, operation: Callable[[Scene], None], victim: str, delay: float
) -> None:
    def operate() -> str:
        try:
            operation(scene)
        except (ClientException, SDKException, TimeoutError) as error:
            return f"broken off: {error}"
        return "done"

    with ThreadPoolExecutor(1) as pool:
        begun = pool.submit(operate)
        time.sleep(delay)
        kill(victim)
        heal()
        print(begun.result())
    _agreed(scene)
    _sweep(scene)


def _agreed(scene: Scene) -> None:
    """Wait until nothing drifts; what does is told if that takes too long."""
    begun = time.monotonic()
    found: list[Any] = []

    def agree() -> bool:
        found[:] = verify("--project", scene.cloud.project_id)
        return not found

    try:
        wait_for(agree, "nothing to drift", _AGREED_SECONDS)
    except TimeoutError:
        assert not found
    print(f"all agrees after {time.monotonic() - begun:.1f} s")


def _sweep(scene: Scene) -> None:
    """Remove what a broken operation left, and change back what it changed."""
    api, compute = scene.api, scene.cloud.user.compute
    scene.cloud.delete_servers(
        server.id for server in compute.servers() if _is_broken(scene, server.name)
    )
    for floating in api.ips(description=scene.broken):
        api.delete_ip(floating)
    for router in api.routers():
        if _is_broken(scene, router.name):
            _remove_router(scene, router)
    for guest in scene.guests:
        api.update_port(
            guest.port, allowed_address_pairs=[], security_groups=[scene.group.id]
        )
    kept = {guest.port for guest in scene.guests}
    for delete, found in (
        (partial(_delete_port, scene), api.ports()),
        (api.delete_network, api.networks()),
        (api.delete_security_group, api.security_groups()),
    ):
        for one in found:
            if _is_broken(scene, one.name) and one.id not in kept:
                delete(one)


def _is_broken(scene: Scene, name: str) -> bool:
    return name.startswith(scene.broken)


def _delete_port(scene: Scene, port: Any) -> None:
    if port.device_owner.startswith("compute:"):
        compute = scene.cloud.user.compute
        compute.delete_server_interface(port.id, port.device_id)
    # Neutron lets no user delete a port that is a server's.
    scene.cloud.admin.network.delete_port(port)


def _remove_router(scene: Scene, router: Any) -> None:
    api = scene.api
    api.update_router(router, routes=[], external_gateway_info={})
    for port in api.ports(device_id=router.id):
        if port.device_owner == "network:router_interface":
            # One that Neutron was making when it died is none: it goes as a port.
            with suppress(NotFoundException):
                api.remove_interface_from_router(router, port_id=port.id)
    api.delete_router(router)
