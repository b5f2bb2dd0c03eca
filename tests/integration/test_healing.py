# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""A process that dies is named by `lab status` and healed by `lab up`.

The servers of a compute service that dies live on.
"""

import re

from tests.integration.bench import Bench
from tests.integration.conftest import Pair
from tests.integration.program import heal, kill, lab
from tests.integration.servers import boot, delete, wait_for_server
from tests.integration.traffic import pings
from tests.integration.waiting import wait_for


def test_servers_survive_the_death_of_their_compute_service(
    bench: Bench, pair: Pair
) -> None:
    (server,) = boot(bench, pair.network, "survivor")
    near = pair.first.namespace
    wait_for(lambda: pings(near, server.address), "a server to answer")
    services = [f"{host.name}-nova-compute" for host in bench.pod.hosts]
    assert lab("status").returncode == 0

    bench.stack.callback(heal)
    for service in services:
        kill(service)
    status = lab("status")
    assert status.returncode == 1
    for service in services:
        assert re.search(rf"^ *{service} +dead ", status.stdout, re.MULTILINE)
    assert pings(near, server.address), "the compute service took its server along"

    heal()
    status = lab("status")
    assert status.returncode == 0, status.stdout
    assert pings(near, server.address), "healing took the server along"
    assert bench.user.compute.get_server(server.id).status == "ACTIVE"

    bench.user.compute.stop_server(server.id)
    wait_for_server(bench, server.id, "SHUTOFF")
    assert not pings(near, server.address)
    delete(bench, server.id)
