# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Hosts that left the topology, as Nova and Neutron are told of it."""

from typing import Any

import openstack
import pytest

from lab.departure import forget_agents, forget_computes
from lab.topology import Host, Pod
from tests.unit.tricircle.regions.wire import Answer, Request, Wire, versions

# The SDK warns of how it uses itself.
pytestmark = pytest.mark.filterwarnings(r"ignore:::openstack(\.|$)")

POD = Pod("Pod1", "127.0.11.1", "2026.2", 1, (Host("pod1", 1, 1),))


class World:
    """A Nova and a Neutron that know of hosts; what is done to these is noted."""

    def __init__(self) -> None:
        self.reasons: dict[str, str | None] = {}
        self.full: set[str] = set()
        self.agents: list[str] = []
        self.done: list[str] = []

    def nova(self, request: Request) -> Answer:
        path = request.path.removeprefix("/v2.1").strip("/")
        if not path:
            return Answer(200, versions("http://nova/v2.1", "v2.1", "2.1", "2.104"))
        if request.method == "GET":
            assert request.query["binary"] == ["nova-compute"]
            return Answer(
                200, {"services": [self._show(host) for host in self.reasons]}
            )
        host = path.rpartition("/")[2]
        self.done.append(f"{request.method} {host} {request.body or ''}".strip())
        if request.method == "DELETE":
            return Answer(409 if host in self.full else 204, {})
        return Answer(200, {"service": self._show(host)})

    def neutron(self, request: Request) -> Answer:
        if request.method == "DELETE":
            self.done.append(f"DELETE agent {request.path.rpartition('/')[2]}")
            return Answer(204)
        if request.path.endswith("/agents"):
            listed: list[dict[str, Any]]
            listed = [{"id": f"A-{host}", "host": host} for host in self.agents]
            return Answer(200, {"agents": listed})
        return Answer(200, versions("http://neutron/v2.0", "v2.0"))

    def _show(self, host: str) -> dict[str, Any]:
        return {"id": host, "host": host, "disabled_reason": self.reasons[host]}


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def cloud(world: World) -> Any:
    wire = Wire(
        hosts={"nova": world.nova, "neutron": world.neutron},
        catalogue={
            "Pod1": {"compute": "http://nova/v2.1", "network": "http://neutron/v2.0"}
        },
        regions={"Pod1"},
    )
    return openstack.connection.Connection(
        session=wire.connect(), region_name="Pod1", interface="internal"
    )


def test_a_host_that_left_is_forgotten_and_one_that_is_there_is_not(
    world: World, cloud: Any
) -> None:
    world.reasons = {"pod1-host1": None, "pod1-host2": None}
    forget_computes(cloud, POD)
    assert world.done == ["DELETE pod1-host2"]


def test_a_host_that_left_with_servers_is_disabled(world: World, cloud: Any) -> None:
    world.reasons = {"pod1-host1": None, "pod1-host2": None}
    world.full = {"pod1-host2"}
    forget_computes(cloud, POD)
    deleted, disabled = world.done
    assert deleted == "DELETE pod1-host2"
    assert disabled.startswith("PUT pod1-host2")
    assert "not in the lab's topology" in disabled


def test_only_who_was_disabled_for_that_is_enabled_again(
    world: World, cloud: Any
) -> None:
    world.reasons = {"pod1-host1": "maintenance"}
    forget_computes(cloud, POD)
    assert not world.done
    world.reasons = {"pod1-host1": "not in the lab's topology"}
    forget_computes(cloud, POD)
    assert world.done == ["PUT pod1-host1 {'status': 'enabled'}"]


def test_agents_of_hosts_that_left_are_forgotten(world: World, cloud: Any) -> None:
    world.agents = ["pod1-host1", "pod1-host2"]
    forget_agents(cloud, POD)
    assert world.done == ["DELETE agent A-pod1-host2"]
