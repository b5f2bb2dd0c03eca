# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Routers of the cloud, and servers with ports that the user made beforehand."""

from dataclasses import dataclass
from typing import Any

from lab.config.neutron import EXTERNAL
from lab.topology import Pod
from tests.integration.bench import TOPOLOGY, connect
from tests.integration.cloud import Cloud, zone_of
from tests.integration.servers import wait_for_address
from tests.integration.waiting import assert_nothing_left
from tricircle_lab.model import namespace_of


@dataclass(frozen=True)
class Guest:
    """A server with its port, by their central ids."""

    server: str
    port: str
    address: str

    @property
    def namespace(self) -> str:
        return namespace_of(self.server)


def open_group(cloud: Cloud, what: str) -> Any:
    """A security group that lets pings and TCP in."""
    network = cloud.user.network
    group = network.create_security_group(name=cloud.name(what))
    cloud.stack.callback(network.delete_security_group, group)
    for protocol in ("icmp", "tcp"):
        network.create_security_group_rule(
            security_group_id=group.id,
            direction="ingress",
            ether_type="IPv4",
            protocol=protocol,
        )
    return group


def external_network(cloud: Cloud, pod: Pod) -> Any:
    """A pod's external network: the one that is there, or one made for now."""
    network, zone = cloud.admin.network, zone_of(pod)
    flat = {"provider_physical_network": EXTERNAL, "provider_network_type": "flat"}
    is_first = pod is TOPOLOGY.pods[0]
    for found in network.networks(is_router_external=True):
        # Without hints it is where its first router is, or else in the first pod.
        zones = found.availability_zone_hints or found.availability_zones
        if zone in zones or (is_first and not zones):
            return found
    made = network.create_network(
        name=cloud.name(f"external-{pod.slug}"),
        is_router_external=True,
        availability_zone_hints=[zone],
        # There can be one flat one of a name only in the central region.
        **(flat if is_first else {"provider_network_type": "local"}),
    )
    cloud.stack.callback(network.delete_network, made)
    network.create_subnet(
        network_id=made.id,
        name=made.name,
        ip_version=4,
        cidr=pod.external_cidr,
        gateway_ip=pod.external_gateway,
        is_dhcp_enabled=False,
    )
    return made


def make_router(cloud: Cloud, what: str, external: Any = None) -> Any:
    """The user's router, with a gateway if ``external`` is given."""
    network = cloud.user.network
    info = {} if external is None else {"network_id": external.id}
    router = network.create_router(name=cloud.name(what), external_gateway_info=info)
    cloud.stack.callback(network.delete_router, router)
    return router


def attach(cloud: Cloud, router: Any, inside: Any) -> None:
    """Have a router serve a network."""
    (subnet,) = inside.subnet_ids
    network = cloud.user.network
    network.add_interface_to_router(router, subnet=subnet)
    cloud.stack.callback(network.remove_interface_from_router, router, subnet=subnet)


def make_port(
    cloud: Cloud, what: str, inside: Any, group: Any, address: str | None = None
) -> Any:
    """The user's port, which outlives its server."""
    network = cloud.user.network
    chosen = {} if address is None else {"fixed_ips": [{"ip_address": address}]}
    made = network.create_port(
        name=cloud.name(what),
        network_id=inside.id,
        security_groups=[group.id],
        **chosen,
    )
    cloud.stack.callback(network.delete_port, made)
    return made


def boot(cloud: Cloud, port: Any, pod: Pod) -> Guest:
    """A server in a pod that has the port, and has heard its address."""
    server = cloud.create_server(f"in-{pod.slug}", zone_of(pod), [{"port": port.id}])
    cloud.wait_active(server)
    guest = Guest(server, port.id, port.fixed_ips[0]["ip_address"])
    wait_for_address(guest.namespace, port.mac_address, guest.address)
    return guest


def assert_nothing_is_left(cloud: Cloud) -> None:
    """No replica of the run's networks is in any pod, as soon as jobs are done."""
    networks = {pod: connect(pod.slug).network for pod in TOPOLOGY.pods}

    def left() -> list[str]:
        return [
            f"{pod.name}: {one.name} {one.id}"
            for pod, network in networks.items()
            for one in (*network.routers(), *network.networks(), *network.ports())
            if cloud.run in one.name and _is_replica(one)
        ]

    assert_nothing_left(left)


def _is_replica(one: Any) -> bool:
    """Whether Tricircle made it; other tests of the run use pods directly."""
    marks = [one.description or "", *one.tags]
    return any(mark.startswith("tricircle:") for mark in marks)
