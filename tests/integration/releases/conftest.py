# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""What the tests share that need pods of different releases: ``make releases``."""

from collections.abc import Iterator

import pytest
from keystoneauth1.adapter import Adapter

from lab.topology import Pod
from tests.integration.bench import TOPOLOGY, connect
from tests.integration.cloud import Cloud, zone_of
from tests.integration.releases.leaving import leave
from tests.integration.waiting import wait_for


@pytest.fixture(scope="session", autouse=True)
def old(_lab_runs: None) -> Iterator[Pod]:
    """The pod of another release than the central region's.

    All else goes first; then Tricircle forgets it, for a lab of another topology has
    it not.
    """
    newest = TOPOLOGY.central.release
    found = [pod for pod in TOPOLOGY.pods if pod.release != newest]
    if not found:
        pytest.fail("no pod is of another release: `make lab TOPOLOGY=releases`", False)
    yield found[0]
    session = connect("admin").session
    leave(Adapter(session, service_type="Cascading", interface="public"), found[0])


@pytest.fixture(scope="session", autouse=True)
def _joined(old: Pod, whole_cloud: Cloud) -> None:
    """The gateway, which reads the pods now and then, knows of all of them."""

    def known() -> bool:
        zones = whole_cloud.user.compute.availability_zones()
        return zone_of(old) in {zone.name for zone in zones}

    wait_for(known, f"the zone of {old.name} to be offered")
