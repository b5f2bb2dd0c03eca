# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Drift between real Neutrons: told by the operators' command, and mended by jobs."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.functional.network.cloud import Cloud, running_cloud
from tests.functional.network.test_routers import Scene
from tricircle.pods import routing


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    folder: Path = tmp_path_factory.mktemp("cloud")
    with running_cloud(folder) as made:
        yield made


def test_what_was_changed_in_a_pod_is_told_and_undone(cloud: Cloud) -> None:
    scene, (one, two) = Scene(cloud), cloud.pods
    for number, pod in enumerate(cloud.pods, 1):
        scene.subnet(f"10.8.{number}.0/24", pod)
    port = scene.ports[1]["id"]
    network = scene.external["id"]
    cloud.central.create("floatingip", floating_network_id=network, port_id=port)
    cloud.work()
    assert cloud.drift() == []

    there = cloud.network(one.name)
    (subnet,) = there.find("subnet", cidr="10.8.1.0/24")
    there.update("subnet", subnet["id"], {"dns_nameservers": ["192.0.2.53"]})
    router = scene.replica(one, "east-west of router")
    there.update("router", router["id"], {"routes": []})
    (floating,) = there.find("floatingip")
    there.delete("floatingip", floating["id"])
    with cloud.database.write() as session:
        routing.forget(session, "network", scene.subnets[1]["network_id"], two.id)
    found = {(drift.sort.value, drift.kind, drift.pod) for drift in cloud.drift()}
    assert found >= {
        ("differs", "subnet", one.name),
        ("differs", "router", one.name),
        ("missing", "floatingip", one.name),
        ("stray", "network", two.name),
    }
    before = cloud.left(two.name)
    cloud.repair()
    assert cloud.drift() == []
    assert cloud.left(two.name) == before
