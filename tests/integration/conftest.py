# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""What the tests on the running lab share.

A *bench* is a pod, used by its own APIs: the ground that Tricircle stands on is tested
without Tricircle. The *cloud* is what users see: all of it through Tricircle.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from keystoneauth1.adapter import Adapter

from lab.topology import Pod
from tests.integration.bench import TOPOLOGY, Bench, connect, leftovers
from tests.integration.cloud import Cloud, Stranger, register
from tests.integration.networks import make_network
from tests.integration.program import lab
from tests.integration.projects import user_of_a_new_project
from tests.integration.servers import Server, boot
from tests.integration.waiting import assert_nothing_left, wait_for

_HERE = Path(__file__).parent
#: They kill services, and stop the whole lab: whoever comes after would suffer.
_LAST = (
    "test_packets.py",
    "test_killed_networking.py",
    "test_killed_creates.py",
    "test_pod_stopped.py",
    "test_healing.py",
    "test_lifecycle.py",
)


@dataclass(frozen=True)
class Pair:
    """Two servers on a network, in the project's default security group."""

    network: Any
    first: Server
    second: Server


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark our tests; those that kill the lab's services come last."""
    for item in items:
        if item.path.is_relative_to(_HERE):
            item.add_marker(pytest.mark.lab)
            # The SDK warns of how it uses itself.
            item.add_marker(pytest.mark.filterwarnings(r"ignore:::openstack(\.|$)"))
    items.sort(
        key=lambda item: _LAST.index(item.path.name) if item.path.name in _LAST else -1
    )


@pytest.fixture(scope="session", autouse=True)
def _lab_runs() -> None:
    status = lab("status")
    if status.returncode:
        last = status.stdout.strip().splitlines()[-1:]
        pytest.fail(f"the lab must run, start it with `make lab`: {last}", False)


@pytest.fixture(scope="session")
def run_name() -> str:
    """What the names of this run's resources start with."""
    return f"it-{uuid4().hex[:8]}"


@pytest.fixture(scope="session")
def bench_in(_lab_runs: None, run_name: str) -> Iterator[Callable[[Pod], Bench]]:
    """Gives each pod's bench of the whole run; all must be empty at its end."""
    with ExitStack() as stack:

        @cache
        def bench_in(pod: Pod) -> Bench:
            user, operator = connect(f"{pod.slug}-demo"), connect(pod.slug)
            flavor = operator.compute.create_flavor(
                name=run_name, ram=64, vcpus=1, disk=1
            )
            bench = Bench(pod, user, operator, run_name, flavor.id, stack)
            stack.callback(_assert_empty, bench)
            stack.callback(operator.compute.delete_flavor, flavor)
            return bench

        yield bench_in


def _assert_empty(bench: Bench) -> None:
    """Nothing of the run is in the pod, once Tricircle's jobs are done."""
    assert_nothing_left(lambda: leftovers(bench), timeout=60)


@pytest.fixture(scope="session")
def pair_in(bench_in: Callable[[Pod], Bench]) -> Callable[[Pod], Pair]:
    """Gives each pod's two servers; who changes them must change them back."""

    @cache
    def pair_in(pod: Pod) -> Pair:
        bench = bench_in(pod)
        network = make_network(bench, "pair", "10.20.0.0/24")
        return Pair(network, *boot(bench, network, "first", "second"))

    return pair_in


@pytest.fixture(scope="session")
def whole_cloud(bench_in: Callable[[Pod], Bench], run_name: str) -> Iterator[Cloud]:
    """The cloud, with what the whole run uses.

    Its end comes before that of the benches, which look for leftovers in the pods.
    """
    for pod in TOPOLOGY.pods:
        bench_in(pod)
    user, admin = connect("demo"), connect("admin")
    operators = Adapter(admin.session, service_type="Cascading", interface="public")
    register(operators)
    wait_for(lambda: admin.compute.get("/flavors").ok, "the gateway to serve users")
    with ExitStack() as stack:
        flavor = admin.compute.create_flavor(
            name=f"{run_name}-cloud", ram=64, vcpus=1, disk=1
        )
        stack.callback(admin.compute.delete_flavor, flavor)
        yield Cloud(user, admin, operators, run_name, flavor.id, stack)


@pytest.fixture(scope="session")
def stranger(whole_cloud: Cloud) -> Iterator[Stranger]:
    """A user of another project, who has nothing: connects them to a cloud."""
    with user_of_a_new_project(whole_cloud, "stranger") as connected:
        yield connected


@pytest.fixture
def newcomer(whole_cloud: Cloud) -> Iterator[Stranger]:
    """A user of a project that nobody has used before."""
    what = f"newcomer-{uuid4().hex[:8]}"
    with user_of_a_new_project(whole_cloud, what) as connected:
        yield connected


@pytest.fixture
def cloud(whole_cloud: Cloud) -> Iterator[Cloud]:
    """The cloud, in which nothing outlives the test."""
    with ExitStack() as stack:
        yield replace(whole_cloud, stack=stack)


@pytest.fixture(scope="module", params=TOPOLOGY.pods, ids=lambda pod: pod.name)
def pod(request: pytest.FixtureRequest) -> Pod:
    """Each pod in turn."""
    found = request.param
    assert isinstance(found, Pod)
    return found


@pytest.fixture
def bench(pod: Pod, bench_in: Callable[[Pod], Bench]) -> Iterator[Bench]:
    """The pod's bench, on which nothing outlives the test."""
    with ExitStack() as stack:
        yield replace(bench_in(pod), stack=stack)


@pytest.fixture
def pair(pod: Pod, pair_in: Callable[[Pod], Pair]) -> Pair:
    """The pod's two servers; who changes them must change them back."""
    return pair_in(pod)
