# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""The central region is what users see: its APIs alone, and no pod's.

Where its Nova and Cinder were, users find Tricircle's gateway; so all that users and
operators keep in the central region is used through that.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from keystoneauth1.exceptions.catalog import EndpointNotFound

from demo.installation.configuration import ADDRESS, COMPUTE_PORT
from lab.topology import Port
from tests.integration.bench import TOPOLOGY, connect
from tests.integration.cloud import Cloud
from tests.integration.waiting import is_gone, wait_until_gone

CENTRAL = TOPOLOGY.central.name
PODS = {pod.name for pod in TOPOLOGY.pods}


@pytest.fixture(scope="module")
def user(whole_cloud: Cloud) -> Any:
    """An ordinary user's connection."""
    return whole_cloud.user


@pytest.fixture(scope="module")
def operator(whole_cloud: Cloud) -> Any:
    """An administrator's connection."""
    return whole_cloud.admin


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    """What is registered here is done when the test ends."""
    with ExitStack() as stack:
        yield stack


def endpoints(user: Any, interface: str) -> dict[str, set[str]]:
    """The regions in which the user's catalogue has an interface, by service type."""
    catalogue = user.session.auth.get_access(user.session).service_catalog
    found = catalogue.get_endpoints(interface=interface)
    return {
        service: {endpoint["region_id"] for endpoint in listed}
        for service, listed in found.items()
        if listed
    }


def test_public_endpoints_are_in_the_central_region_alone(user: Any) -> None:
    found = endpoints(user, "public")
    services = {"block-storage", "compute", "identity", "image", "network", "volumev3"}
    assert services <= found.keys()
    assert set().union(*found.values()) == {CENTRAL}


@pytest.mark.parametrize("interface", ["internal", "admin"])
def test_pods_have_endpoints_that_users_do_not_pick(user: Any, interface: str) -> None:
    found = endpoints(user, interface)
    for service in ("block-storage", "compute", "network", "volumev3"):
        assert found[service] >= {CENTRAL, *PODS}
    assert CENTRAL not in found["placement"]


def test_a_client_finds_one_compute_endpoint(user: Any) -> None:
    def compute(interface: str, region: str | None = None) -> Any:
        return user.session.auth.get_endpoint_data(
            user.session,
            service_type="compute",
            interface=interface,
            region_name=region,
            discover_versions=False,
        ).url

    assert compute("public") == f"http://{ADDRESS}:{COMPUTE_PORT}/v2.1"
    assert compute("internal", CENTRAL) == TOPOLOGY.central.url(Port.NOVA, "/v2.1")
    for pod in TOPOLOGY.pods:
        with pytest.raises(EndpointNotFound):
            compute("public", pod.name)
        assert compute("internal", pod.name) == pod.url(Port.NOVA, "/v2.1")


def test_nothing_runs_in_the_central_region() -> None:
    compute = connect("admin", interface="internal").compute
    assert list(compute.servers(all_projects=True)) == []
    assert list(compute.hypervisors()) == []
    assert list(compute.services()) == []


def test_operators_keep_flavors(
    user: Any, operator: Any, run_name: str, stack: ExitStack
) -> None:
    compute = operator.compute
    flavor = compute.create_flavor(name=run_name, ram=64, vcpus=1, disk=1)
    stack.callback(compute.delete_flavor, flavor, ignore_missing=True)
    assert user.compute.get_flavor(flavor.id).name == run_name
    compute.delete_flavor(flavor)
    assert is_gone(user.compute.get_flavor, flavor.id)


def test_users_keep_key_pairs(user: Any, run_name: str, stack: ExitStack) -> None:
    compute = user.compute
    public = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI" + "A" * 43
    made = compute.create_keypair(name=run_name, public_key=public)
    stack.callback(compute.delete_keypair, run_name, ignore_missing=True)
    assert compute.get_keypair(run_name).fingerprint == made.fingerprint
    compute.delete_keypair(run_name)
    assert is_gone(compute.get_keypair, run_name)


def test_operators_keep_aggregates(
    operator: Any, run_name: str, stack: ExitStack
) -> None:
    compute, name = operator.compute, f"ag_{run_name}"
    aggregate = compute.create_aggregate(name=name, availability_zone="az1")
    stack.callback(compute.delete_aggregate, aggregate, ignore_missing=True)
    found = compute.get_aggregate(aggregate.id)
    assert (found.name, found.availability_zone) == (name, "az1")
    compute.delete_aggregate(aggregate)
    assert is_gone(compute.get_aggregate, aggregate.id)


def test_operators_keep_volume_types(
    user: Any, operator: Any, run_name: str, stack: ExitStack
) -> None:
    storage = operator.block_storage
    made = storage.create_type(name=run_name)
    stack.callback(storage.delete_type, made, ignore_missing=True)
    assert user.block_storage.get_type(made.id).name == run_name
    storage.delete_type(made)
    assert is_gone(storage.get_type, made.id)


def test_operators_set_quotas(operator: Any, run_name: str, stack: ExitStack) -> None:
    compute, storage, network = (
        operator.compute,
        operator.block_storage,
        operator.network,
    )
    project = operator.identity.create_project(name=run_name, domain_id="default")
    stack.callback(operator.identity.delete_project, project)
    stack.callback(network.delete_quota, project.id)
    stack.callback(storage.revert_quota_set, project)
    stack.callback(compute.revert_quota_set, project)
    compute.update_quota_set(project, instances=7)
    storage.update_quota_set(project, volumes=8)
    network.update_quota(project.id, networks=9)
    assert compute.get_quota_set(project).instances == 7
    assert storage.get_quota_set(project).volumes == 8
    assert network.get_quota(project.id).networks == 9


def test_users_keep_networks(user: Any, run_name: str, stack: ExitStack) -> None:
    network = user.network
    made = network.create_network(name=run_name)
    stack.callback(network.delete_network, made, ignore_missing=True)
    subnet = network.create_subnet(
        network_id=made.id, ip_version=4, cidr="10.90.0.0/24"
    )
    port = network.create_port(network_id=made.id, name=run_name)
    stack.callback(network.delete_port, port, ignore_missing=True)
    assert port.fixed_ips[0]["subnet_id"] == subnet.id
    router = network.create_router(name=run_name)
    stack.callback(network.delete_router, router, ignore_missing=True)
    network.add_interface_to_router(router, subnet=subnet.id)
    network.remove_interface_from_router(router, subnet=subnet.id)
    for delete, get, item in (
        (network.delete_router, network.get_router, router),
        (network.delete_port, network.get_port, port),
        (network.delete_network, network.get_network, made),
    ):
        delete(item)
        wait_until_gone(get, item.id)
