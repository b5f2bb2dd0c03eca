# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Servers that are in a pod already, and of which Tricircle never heard."""

from typing import Any

import pytest
from openstack.exceptions import BadRequestException, NotFoundException

from lab.topology import Pod
from tests.integration.bench import Bench
from tests.integration.cloud import Cloud, Stranger, zone_of
from tests.integration.servers import wait_for_server
from tests.integration.waiting import is_gone, wait_until_gone


@pytest.fixture
def existing(bench: Bench) -> Any:
    """A server that the user made with the pod's own API."""
    server = bench.user.compute.create_server(
        name=bench.name("existing"),
        image_id=bench.image,
        flavor_id=bench.flavor,
        networks="none",
    )
    bench.stack.callback(wait_until_gone, bench.user.compute.get_server, server.id)
    bench.stack.callback(
        bench.user.compute.delete_server, server.id, ignore_missing=True
    )
    return wait_for_server(bench, server.id, "ACTIVE")


def test_they_are_listed_shown_and_managed(
    cloud: Cloud, pod: Pod, existing: Any
) -> None:
    listed = {server.id: server for server in cloud.user.compute.servers()}
    assert listed[existing.id].availability_zone == zone_of(pod)
    shown = cloud.user.compute.get_server(existing.id)
    assert (shown.name, shown.status) == (existing.name, "ACTIVE")
    cloud.user.compute.set_server_metadata(existing, seen="here")
    assert cloud.user.compute.get_server(existing.id).metadata == {"seen": "here"}
    cloud.delete_servers([existing.id])
    cloud.wait_forgotten(existing.id)


def test_they_are_nobody_elses(cloud: Cloud, stranger: Stranger, existing: Any) -> None:
    compute = stranger("demo").compute
    assert is_gone(compute.get_server, existing.id)
    assert existing.id not in {server.id for server in compute.servers()}
    with pytest.raises(BadRequestException, match="marker"):
        list(compute.servers(marker=existing.id))
    with pytest.raises(NotFoundException):
        compute.delete_server(existing.id, ignore_missing=False)
    assert cloud.user.compute.get_server(existing.id).id == existing.id
