# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""What the tests share that need pods of different releases: ``make releases``."""

from collections.abc import Iterator

import pytest
from keystoneauth1.adapter import Adapter

from lab.topology import Pod
from tests.integration.bench import TOPOLOGY, connect
from tests.integration.releases.leaving import leave


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
