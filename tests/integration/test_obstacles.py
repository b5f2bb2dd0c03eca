# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Something in a pod is in the way, or is there already: it is told, and made good.

What is in the way is made by the pod's operator, with the pod's own APIs.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

import pytest
from openstack.exceptions import ConflictException, HttpException

from tests.integration.bench import TOPOLOGY, connect
from tests.integration.cloud import Cloud, zone_of
from tests.integration.routed import (
    assert_nothing_is_left,
    attach,
    boot,
    make_port,
    make_router,
    open_group,
)
from tests.integration.traffic import pings
from tests.integration.waiting import wait_for

HERE, THERE = TOPOLOGY.pods[:2]
INTERFACE = "network:router_interface"


@pytest.fixture
def cloud(whole_cloud: Cloud) -> Iterator[Cloud]:
    """The cloud, and no pod has anything of the test after it."""
    with ExitStack() as stack:
        yield replace(whole_cloud, stack=stack)
    assert_nothing_is_left(whole_cloud)


@pytest.fixture
def pod() -> Any:
    """The first pod's Neutron, as its operator uses it."""
    return connect(HERE.slug).network


def _replica(cloud: Cloud, pod: Any, network: Any) -> Any:
    """A network in the first pod; there is one of its name, and it is recorded."""
    (there,) = pod.networks(name=network.name)
    routings = cloud.routings("network", resource_id=network.id)
    assert there.id in {routing["pod_resource_id"] for routing in routings}
    return there


def test_a_replica_that_nobody_recorded_is_taken(cloud: Cloud, pod: Any) -> None:
    network = cloud.make_network("adopted", "10.66.0.0/24")
    nets = [{"uuid": network.id}]
    cloud.wait_active(cloud.create_server("first", zone_of(HERE), nets))
    before = _replica(cloud, pod, network)
    for kind, id_ in (("network", network.id), ("subnet", network.subnet_ids[0])):
        (routing,) = cloud.routings(kind, resource_id=id_)
        cloud.operators.delete(f"/routings/{routing['id']}")
    cloud.wait_active(cloud.create_server("second", zone_of(HERE), nets))
    after = _replica(cloud, pod, network)
    assert (after.id, after.subnet_ids) == (before.id, before.subnet_ids)


def test_what_has_its_vlan_is_named_and_when_it_is_gone_it_works(
    cloud: Cloud, pod: Any
) -> None:
    network = cloud.make_network("vlan", "10.67.0.0/24")
    wire = cloud.admin.network.get_network(network.id)
    taken = pod.create_network(
        name=cloud.name("in-the-way"),
        provider_network_type="vlan",
        provider_physical_network=wire.provider_physical_network,
        provider_segmentation_id=wire.provider_segmentation_id,
    )
    cloud.stack.callback(pod.delete_network, taken)
    nets = [{"uuid": network.id}]
    with pytest.raises(HttpException, match=taken.id):
        cloud.create_server("refused", zone_of(HERE), nets)
    assert not list(cloud.user.compute.servers(name=cloud.name("refused")))
    assert not pod.find_network(network.name)
    owners = {
        port.device_owner for port in cloud.user.network.ports(network_id=network.id)
    }
    assert "compute:nova" not in owners

    pod.delete_network(taken)
    cloud.wait_active(cloud.create_server("granted", zone_of(HERE), nets))
    assert _replica(cloud, pod, network)


def test_each_pod_has_one_address_that_nobody_else_gets(cloud: Cloud) -> None:
    network = cloud.make_network("own", "10.68.0.0/24")
    nets = [{"uuid": network.id}]
    servers = [
        cloud.create_server(f"own-{at.slug}", zone_of(at), nets) for at in (HERE, THERE)
    ]
    for server in servers:
        cloud.wait_active(server)
    own = set()
    for at in (HERE, THERE):
        there = connect(at.slug).network
        replica = there.find_network(network.name, ignore_missing=False)
        port = there.create_port(network_id=replica.id, name=cloud.name("pods-own"))
        cloud.stack.callback(there.delete_port, port)
        own |= {fixed["ip_address"] for fixed in port.fixed_ips}
        with pytest.raises(ConflictException):
            there.create_port(network_id=replica.id)
    assert len(own) == 2
    for address in own:
        with pytest.raises(ConflictException):
            cloud.user.network.create_port(
                network_id=network.id, fixed_ips=[{"ip_address": address}]
            )
    given = {
        fixed["ip_address"]
        for port in cloud.user.network.ports(network_id=network.id)
        for fixed in port.fixed_ips
        if port.device_owner.startswith("compute:")
    }
    assert given.isdisjoint(own)


def test_an_interface_that_a_pod_refuses_is_there_in_the_end(
    cloud: Cloud, pod: Any
) -> None:
    user, group = cloud.user.network, open_group(cloud, "interface")
    network = cloud.make_network("interface", "10.69.0.0/24")
    (subnet,) = network.subnet_ids
    gateway = user.get_subnet(subnet).gateway_ip
    guest = boot(cloud, make_port(cloud, "interface", network, group), HERE)
    replica = _replica(cloud, pod, network)
    taken = pod.create_port(
        network_id=replica.id,
        name=cloud.name("in-the-way"),
        fixed_ips=[{"ip_address": gateway}],
    )
    cloud.stack.callback(pod.delete_port, taken)
    router = make_router(cloud, "interface")
    attach(cloud, router, network)

    def failed() -> Any:
        return [one["last_error"] for one in cloud.jobs(resource_id=router.id)]

    with pytest.raises(HttpException):
        user.add_interface_to_router(router, subnet=subnet)
    assert len(list(user.ports(device_id=router.id))) == 1
    wait_for(lambda: gateway in str(failed()), "the obstacle to be told")

    pod.delete_port(taken)
    wait_for(lambda: pings(guest.namespace, gateway), "the interface to answer")
    interfaces = pod.ports(network_id=replica.id, device_owner=INTERFACE)
    assert [port.fixed_ips[0]["ip_address"] for port in interfaces] == [gateway]
