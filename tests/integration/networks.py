# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Networks, security groups, routers and floating addresses, made at a bench."""

from typing import Any

from lab.config.neutron import EXTERNAL
from tests.integration.bench import Bench


def make_network(bench: Bench, what: str, cidr: str) -> Any:
    """The user's network with one subnet, which has no router yet."""
    network = bench.user.network.create_network(name=bench.name(what))
    bench.stack.callback(bench.user.network.delete_network, network)
    return add_subnet(bench, network, cidr)


def make_vlan(
    bench: Bench, what: str, cidr: str, *, physical: str, segment: int, **subnet: Any
) -> Any:
    """The same on a VLAN of a physical network, which the operator has to make."""
    network = bench.operator.network.create_network(
        name=bench.name(what),
        project_id=bench.user.current_project_id,
        provider_network_type="vlan",
        provider_physical_network=physical,
        provider_segmentation_id=segment,
    )
    bench.stack.callback(bench.operator.network.delete_network, network)
    return add_subnet(bench, network, cidr, **subnet)


def add_subnet(bench: Bench, network: Any, cidr: str, **options: Any) -> Any:
    """A subnet in a network of the user; returns the network as it is then."""
    bench.user.network.create_subnet(
        network_id=network.id, name=network.name, ip_version=4, cidr=cidr, **options
    )
    return bench.user.network.get_network(network.id)


def make_group(bench: Bench, what: str) -> Any:
    """A security group that lets nothing in."""
    group = bench.user.network.create_security_group(name=bench.name(what))
    bench.stack.callback(bench.user.network.delete_security_group, group)
    return group


def admit(bench: Bench, group: Any, protocol: str, **rule: Any) -> Any:
    """A rule that lets IPv4 packets of a protocol in."""
    return bench.user.network.create_security_group_rule(
        security_group_id=group.id,
        direction="ingress",
        ether_type="IPv4",
        protocol=protocol,
        **rule,
    )


def external_network(bench: Bench) -> Any:
    """The pod's external network: the one that is there, or one made for now."""
    network = bench.operator.network
    for found in network.networks(is_router_external=True):
        if found.provider_physical_network == EXTERNAL:
            return found
    made = network.create_network(
        name=bench.name("external"),
        is_router_external=True,
        provider_network_type="flat",
        provider_physical_network=EXTERNAL,
    )
    bench.stack.callback(network.delete_network, made)
    network.create_subnet(
        network_id=made.id,
        name=made.name,
        ip_version=4,
        cidr=bench.pod.external_cidr,
        gateway_ip=bench.pod.external_gateway,
        is_dhcp_enabled=False,
    )
    return made


def make_router(bench: Bench, what: str, external: Any, inside: Any) -> Any:
    """The user's router between an external network and one of theirs."""
    network = bench.user.network
    router = network.create_router(
        name=bench.name(what), external_gateway_info={"network_id": external.id}
    )
    bench.stack.callback(network.delete_router, router)
    (subnet,) = inside.subnet_ids
    network.add_interface_to_router(router, subnet=subnet)
    bench.stack.callback(network.remove_interface_from_router, router, subnet=subnet)
    return router


def make_floating_address(bench: Bench, external: Any, port: str) -> str:
    """A public address of a port."""
    floating = bench.user.network.create_ip(
        floating_network_id=external.id, port_id=port
    )
    bench.stack.callback(bench.user.network.delete_ip, floating)
    return str(floating.floating_ip_address)
