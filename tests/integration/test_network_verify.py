# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""``tricircle-manage network verify``: what breaks in a pod is told, and mended."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any

import pytest

from tests.integration.bench import PATHS, TOPOLOGY, connect
from tests.integration.cloud import Cloud, zone_of
from tests.integration.waiting import wait_for

POD = TOPOLOGY.pods[0]
CONFIG = PATHS.etc / TOPOLOGY.central.slug / "tricircle" / "tricircle.conf"


@dataclass(frozen=True)
class Scene:
    """A network of the user's with a port in a pod."""

    cloud: Cloud
    network: Any
    pod: Any

    def replica(self) -> Any:
        """The network in the pod."""
        (routing,) = self.cloud.routings("network", resource_id=self.network.id)
        return self.pod.network.get_network(routing["pod_resource_id"])

    def told(self, *options: str) -> list[tuple[str, str, str]]:
        """What of the network is told: drift, kind and detail."""
        (subnet,) = self.network.subnet_ids
        ours = {self.network.id, subnet}
        return [
            (one["drift"], one["kind"], one["detail"])
            for one in verify("--project", self.cloud.project_id, *options)
            if one["resource_id"] in ours
        ]

    def mended(self) -> None:
        """Repair it, and wait until nothing is told any more."""
        self.told("--repair")
        wait_for(lambda: not self.told(), "the network to be mended")


def verify(*options: str) -> Any:
    """What the command prints for programs."""
    manage = [sys.executable, "-m", "tricircle.cmd.manage", f"--config-file={CONFIG}"]
    done = subprocess.run(
        [*manage, "network", "verify", "-f", "json", *options],
        capture_output=True,
        text=True,
        check=False,
    )
    found = json.loads(done.stdout or "null")
    assert done.returncode == bool(found), done.stderr
    return found


@pytest.fixture(scope="module")
def scene(whole_cloud: Cloud) -> Iterator[Scene]:
    with ExitStack() as stack:
        cloud = replace(whole_cloud, stack=stack)
        network = cloud.make_network("verified", "10.97.0.0/24")
        server = cloud.create_server("verified", zone_of(POD), [{"uuid": network.id}])
        cloud.wait_active(server)
        made = Scene(cloud, network, connect(POD.slug))
        wait_for(lambda: not made.told(), "the network to be as it shall be")
        yield made


def test_a_replica_that_was_changed_is_told_and_changed_back(scene: Scene) -> None:
    there, replica = scene.pod.network, scene.replica()
    there.update_network(replica, name="renamed")
    there.update_subnet(replica.subnet_ids[0], dns_nameservers=["192.0.2.53"])
    assert {(drift, kind) for drift, kind, _ in scene.told()} == {
        ("differs", "network"),
        ("differs", "subnet"),
    }
    scene.mended()
    assert scene.replica().name == scene.network.name
    assert there.get_subnet(replica.subnet_ids[0]).dns_nameservers == []


def test_a_route_that_was_deleted_is_found_again(scene: Scene) -> None:
    before = scene.replica()
    (routing,) = scene.cloud.routings("network", resource_id=scene.network.id)
    scene.cloud.operators.delete(f"/routings/{routing['id']}")
    assert ("stray", "network") in [told[:2] for told in scene.told()]
    scene.mended()
    assert scene.replica().id == before.id
