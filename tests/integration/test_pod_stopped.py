# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""One pod is stopped: the other's servers are listed, shown and created."""

from collections.abc import Callable
from time import monotonic

import pytest

from lab.processes import find, stop
from lab.topology import Pod
from tests.integration.bench import PATHS, TOPOLOGY
from tests.integration.cloud import Cloud, zone_of
from tests.integration.program import heal
from tests.integration.waiting import wait_for

_GOES, _STAYS = TOPOLOGY.pods[1], TOPOLOGY.pods[0]
_MISSING = "X-Tricircle-Missing-Pods"
_SOON = 3.0
"""Seconds after which a list has come, whatever became of a pod."""


@pytest.fixture
def stop_pod(cloud: Cloud) -> Callable[[Pod], None]:
    """Stops all of a pod's OpenStack; the lab is whole again after the test."""

    def stopped(pod: Pod) -> None:
        cloud.stack.callback(heal)
        services = find(PATHS.root).items()
        stop(running for name, running in services if name.startswith(pod.slug))

    return stopped


def in_part_shown(cloud: Cloud, gone: str, there: str) -> None:
    """From 2.69 on there is Nova's form for servers of which little is known."""
    compute = cloud.user.compute
    for path in ("/servers", "/servers/detail", "/servers?deleted=False"):
        began = monotonic()
        listed = compute.get(path, microversion="2.69")
        assert monotonic() - began < _SOON
        assert listed.headers[_MISSING] == _GOES.name
        servers = {server["id"]: server for server in listed.json()["servers"]}
        assert servers[gone]["status"] == "UNKNOWN"
        assert servers[there]["name"]
    shown = compute.get(f"/servers/{gone}", microversion="2.69")
    assert shown.headers[_MISSING] == _GOES.name
    server = shown.json()["server"]
    assert server["status"] == "UNKNOWN"
    assert server["OS-EXT-AZ:availability_zone"] == zone_of(_GOES)
    assert server["tenant_id"] == cloud.user.current_project_id
    filtered = compute.get("/servers?status=ACTIVE", microversion="2.69").json()
    assert gone not in {server["id"] for server in filtered["servers"]}


def test_the_other_goes_on(cloud: Cloud, stop_pod: Callable[[Pod], None]) -> None:
    network = cloud.make_network("outage", "10.72.0.0/24")
    nets = [{"uuid": network.id}]
    before = {
        pod: cloud.create_server(f"in-{pod.slug}", zone_of(pod), nets)
        for pod in (_STAYS, _GOES)
    }
    for server in before.values():
        cloud.wait_active(server)

    stop_pod(_GOES)
    began = monotonic()
    listed = cloud.user.compute.get("/servers/detail", microversion="2.68")
    assert monotonic() - began < _SOON
    assert listed.headers[_MISSING] == _GOES.name
    found = {server["id"] for server in listed.json()["servers"]}
    assert before[_STAYS] in found
    assert before[_GOES] not in found
    in_part_shown(cloud, before[_GOES], before[_STAYS])
    assert cloud.user.compute.get_server(before[_STAYS]).status == "ACTIVE"
    during = cloud.create_server("during", zone_of(_STAYS), nets)
    cloud.wait_active(during)
    refused = cloud.user.compute.get(f"/servers/{before[_GOES]}", microversion="2.68")
    assert refused.status_code == 503
    assert _GOES.name in refused.json()["serviceUnavailable"]["message"]

    heal()
    wait_for(
        lambda: before[_GOES] in {s.id for s in cloud.user.compute.servers()},
        f"servers of {_GOES.name} to be back",
    )
