# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""What projects build of networks over two pods: ports that move, addresses twice."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from openstack.exceptions import ConflictException

from lab.topology import INTERNET_ADDRESS, INTERNET_NAMESPACE
from tests.integration.bench import TOPOLOGY, connect
from tests.integration.cloud import Cloud, zone_of
from tests.integration.routed import (
    assert_nothing_is_left,
    attach,
    boot,
    external_network,
    make_port,
    make_router,
    open_group,
)
from tests.integration.traffic import exchange, listening, pings
from tests.integration.waiting import wait_for

HERE, THERE = TOPOLOGY.pods[:2]
PORT = 7031


@pytest.fixture
def cloud(whole_cloud: Cloud) -> Iterator[Cloud]:
    """The cloud, and no pod has anything of the test after it."""
    with ExitStack() as stack:
        yield replace(whole_cloud, stack=stack)
    assert_nothing_is_left(whole_cloud)


def test_a_port_goes_with_one_server_after_another_from_pod_to_pod(
    cloud: Cloud,
) -> None:
    group = open_group(cloud, "moving")
    network = cloud.make_network("moving", "10.61.0.0/24")
    still = boot(cloud, make_port(cloud, "still", network, group), THERE)
    port = make_port(cloud, "moving", network, group)
    for pod in (HERE, THERE, HERE):
        guest = boot(cloud, port, pod)
        wait_for(partial(pings, still.namespace, guest.address), "the port to answer")
        cloud.delete_servers([guest.server])
        assert cloud.user.network.get_port(port.id).fixed_ips == port.fixed_ips


def test_two_networks_may_have_the_same_addresses(cloud: Cloud) -> None:
    group = open_group(cloud, "twice")
    pairs = []
    for what in ("one", "other"):
        network = cloud.make_network(what, "10.62.0.0/24")
        ports = [
            make_port(cloud, f"{what}-{number}", network, group, f"10.62.0.1{number}")
            for number in (1, 2)
        ]
        pairs.append(
            [
                boot(cloud, port, pod)
                for port, pod in zip(ports, (HERE, THERE), strict=True)
            ]
        )
    one, other = pairs
    for here, there in pairs:
        wait_for(partial(pings, here.namespace, there.address), "each pair to meet")
    with listening(one[1].namespace, PORT):
        assert exchange(one[0].namespace, one[1].address, PORT) == one[0].address
        assert exchange(other[0].namespace, other[1].address, PORT) is None


def test_a_network_needs_no_gateway(cloud: Cloud) -> None:
    user, group = cloud.user.network, open_group(cloud, "flat")
    network = user.create_network(name=cloud.name("flat"))
    cloud.stack.callback(user.delete_network, network)
    user.create_subnet(
        network_id=network.id,
        name=network.name,
        ip_version=4,
        cidr="10.63.0.0/24",
        gateway_ip=None,
    )
    port = make_port(cloud, "flat", network, group)
    # Without a gateway and a metadata agent, OVN answers no DHCP.
    server = cloud.create_server("flat", zone_of(HERE), [{"port": port.id}])
    cloud.wait_active(server)
    there = connect(HERE.slug).network
    replica = there.find_network(network.name, ignore_missing=False)
    (subnet,) = there.subnets(network_id=replica.id)
    assert (subnet.cidr, subnet.gateway_ip) == ("10.63.0.0/24", None)


def test_each_pod_has_a_way_out_and_a_third_router_leads_between(
    cloud: Cloud,
) -> None:
    user, group = cloud.user.network, open_group(cloud, "ways")
    cidrs = ("10.64.1.0/24", "10.64.2.0/24")
    networks = [cloud.make_network(f"ways-{i}", cidr) for i, cidr in enumerate(cidrs)]
    pods = (HERE, THERE)
    for network, pod in zip(networks, pods, strict=True):
        out = make_router(cloud, f"out-{pod.slug}", external_network(cloud, pod))
        attach(cloud, out, network)
    between = make_router(cloud, "between")
    for network, cidr in zip(networks, reversed(cidrs), strict=True):
        port = make_port(cloud, f"to-{cidr}", network, group)
        user.add_interface_to_router(between, port_id=port.id)
        cloud.stack.callback(_detach, user, between, port.id)
        hop = {"destination": cidr, "nexthop": port.fixed_ips[0]["ip_address"]}
        user.update_subnet(network.subnet_ids[0], host_routes=[hop])
    guests = [
        boot(cloud, make_port(cloud, f"g-{pod.slug}", network, group), pod)
        for network, pod in zip(networks, pods, strict=True)
    ]
    here, there = guests
    wait_for(partial(pings, here.namespace, there.address), "the way between pods")
    with listening(there.namespace, PORT):
        assert exchange(here.namespace, there.address, PORT) == here.address
    ways = set()
    for guest in guests:
        wait_for(partial(pings, guest.namespace, INTERNET_ADDRESS), "the way out")
        with listening(INTERNET_NAMESPACE, PORT):
            ways.add(exchange(guest.namespace, INTERNET_ADDRESS, PORT))
    assert len(ways) == 2
    assert None not in ways


def _detach(network: Any, router: Any, port_id: str) -> None:
    network.remove_interface_from_router(router, port_id=port_id)


@pytest.mark.parametrize("what", ["hinted", "local"])
def test_a_network_that_can_not_be_in_a_pod_is_refused_first(
    cloud: Cloud, what: str
) -> None:
    user, admin = cloud.user.network, cloud.admin.network
    # One that may be there only, and one of a type that has no way between pods.
    if what == "hinted":
        chosen = {"availability_zone_hints": [zone_of(THERE)]}
        network = user.create_network(name=cloud.name(what), **chosen)
    else:
        network = admin.create_network(
            name=cloud.name(what),
            project_id=cloud.project_id,
            provider_network_type="geneve",
        )
    cloud.stack.callback(admin.delete_network, network)
    user.create_subnet(
        network_id=network.id, name=network.name, ip_version=4, cidr="10.65.0.0/24"
    )
    server = cloud.create_server(what, zone_of(THERE), [{"uuid": network.id}])
    cloud.wait_active(server)
    assert user.get_network(network.id).availability_zones == [zone_of(THERE)]
    before = {port.id for port in admin.ports(network_id=network.id)}
    with pytest.raises(ConflictException, match=HERE.name):
        cloud.create_server(what, zone_of(HERE), [{"uuid": network.id}])
    assert {port.id for port in admin.ports(network_id=network.id)} == before
    assert connect(HERE.slug).network.find_network(network.name) is None
