# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""A project's first server binds it to a pod: what is made later comes there, too."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

import pytest
from openstack.exceptions import BadRequestException

from tests.integration.bench import TOPOLOGY
from tests.integration.cloud import Cloud, Stranger, zone_of
from tests.integration.waiting import wait_for_status, wait_until_gone

HERE, THERE = TOPOLOGY.pods[:2]


@pytest.fixture
def cloud(whole_cloud: Cloud, newcomer: Stranger) -> Iterator[Cloud]:
    """The cloud, as a project sees it that was never there before."""
    with ExitStack() as stack:
        yield replace(whole_cloud, user=newcomer("demo"), stack=stack)


def _bound(cloud: Cloud) -> list[str]:
    pods = {one["pod_id"]: one for one in cloud.operators.get("/pods").json()["pods"]}
    query = {"project_id": cloud.project_id}
    found = cloud.operators.get("/bindings", params=query).json()["pod_bindings"]
    return sorted(pods[one["pod_id"]]["pod_name"] for one in found)


def _volume(cloud: Cloud, zone: str) -> Any:
    storage = cloud.user.block_storage
    made = storage.create_volume(name=cloud.name(zone), size=1, availability_zone=zone)
    cloud.stack.callback(wait_until_gone, storage.get_volume, made.id)
    cloud.stack.callback(storage.delete_volume, made)
    return wait_for_status(storage.get_volume, made.id, "available")


def test_a_project_stays_where_it_began(cloud: Cloud) -> None:
    compute, zone = cloud.user.compute, zone_of(HERE)
    assert _bound(cloud) == []
    first, second = (
        cloud.wait_active(cloud.create_server(what, zone, "none"))
        for what in ("first", "second")
    )
    assert _bound(cloud) == [HERE.name]
    near = _volume(cloud, zone)
    assert _bound(cloud) == [HERE.name]
    for type_, count in (("server", 2), ("volume", 1)):
        pods = [one["pod_id"] for one in cloud.routings(type_)]
        assert (len(pods), len(set(pods))) == (count, 1)

    far = _volume(cloud, zone_of(THERE))
    assert _bound(cloud) == sorted([HERE.name, THERE.name])
    with pytest.raises(BadRequestException, match=f"{zone_of(THERE)}.* {zone}"):
        compute.create_volume_attachment(first.id, volume_id=far.id)
    assert cloud.user.block_storage.get_volume(far.id).status == "available"
    compute.create_volume_attachment(second.id, volume_id=near.id)
    wait_for_status(cloud.user.block_storage.get_volume, near.id, "in-use")
    cloud.delete_servers([second.id])
    wait_for_status(cloud.user.block_storage.get_volume, near.id, "available")


def test_a_zone_that_is_none_is_refused(cloud: Cloud) -> None:
    with pytest.raises(BadRequestException, match="az77"):
        cloud.create_server("nowhere", "az77", "none")
    with pytest.raises(BadRequestException, match="az77"):
        cloud.user.block_storage.create_volume(size=1, availability_zone="az77")
    assert _bound(cloud) == []
    assert cloud.routings("server") + cloud.routings("volume") == []
