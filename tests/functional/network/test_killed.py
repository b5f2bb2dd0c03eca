# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""A worker is killed in the middle of jobs, again and again: nothing drifts."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from tests.functional.jobs.waiting import wait_for
from tests.functional.network import victim
from tests.functional.network.cloud import SHOWN, Cloud, running_cloud
from tricircle.db.models import Job, JobState, RouteState
from tricircle.jobs import audit
from tricircle.network.reconcilers import port_status
from tricircle.pods import routing

#: At which effect each one dies: a round's changes take a dozen or two.
_DEATHS = [(1, "before"), (1, "after"), (3, "after"), (6, "before")]
_SECONDS = 120
_ENDLESS = (audit.KIND, port_status.KIND)


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    folder: Path = tmp_path_factory.mktemp("cloud")
    with running_cloud(folder) as made:
        yield made


@contextmanager
def worker(
    cloud: Cloud, number: int = 0, where: str = ""
) -> Iterator[subprocess.Popen[bytes]]:
    """A worker that dies at an effect, unless it comes to rest before."""
    endpoints = {name: neutron.url for name, neutron in cloud.neutrons.items()}
    url = cloud.database.engine.url.render_as_string()
    command = [sys.executable, victim.__file__, url, json.dumps(endpoints)]
    root = str(Path(__file__).parents[3])
    with subprocess.Popen(
        [*command, str(number), where], env={**os.environ, "PYTHONPATH": root}
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def is_at_rest(cloud: Cloud) -> bool:
    """Whether all that was wanted is done; audits, and looks, come again for ever."""
    with cloud.database.read() as session:
        jobs = session.scalars(select(Job).where(Job.kind.not_in(_ENDLESS))).all()
        routes = routing.routes(session)
    return all(job.reached == job.wanted for job in jobs) and all(
        route.state == RouteState.ACTIVE for route in routes
    )


def make(cloud: Cloud, number: int) -> list[tuple[str, str]]:
    """A network with ports in both pods, as a boot makes them; what to delete again."""
    central = cloud.central
    network = central.create("network", name=f"net{number}")
    subnet = central.create(
        "subnet", network_id=network["id"], cidr=f"10.{number}.0.0/24", ip_version=4
    )
    group = central.create("security_group", name=f"web{number}")
    central.create(
        "security_group_rule",
        security_group_id=group["id"],
        direction="ingress",
        protocol="tcp",
        remote_group_id=group["id"],
    )
    made = []
    for pod in cloud.pods:
        port = central.create(
            "port", network_id=network["id"], security_groups=[group["id"]]
        )
        cloud.realise(port, pod)
        made.append(("port", port["id"]))
    return [
        *made,
        ("subnet", subnet["id"]),
        ("network", network["id"]),
        ("security_group", group["id"]),
    ]


def change(cloud: Cloud, made: list[tuple[str, str]], number: int) -> None:
    """Change each of them."""
    for kind, resource_id in made:
        cloud.central.update(kind, resource_id, name=f"other{number}")


def shown(cloud: Cloud, region: str) -> dict[str, list[Any]]:
    """What of networks is in a region, by what users see of it."""
    client = cloud.network(region)
    return {
        kind: sorted(
            (one["name"], one["project_id"], one.get("mac_address", ""))
            for one in client.find(kind)
            if one["name"] != "default"
            and not one.get("device_owner", "").startswith("network:")
        )
        for kind in SHOWN
        if kind != "address_group"
    }


@pytest.mark.timeout(1200)
def test_a_killed_worker_leaves_no_drift(cloud: Cloud) -> None:
    made: list[list[tuple[str, str]]] = []
    for number, (effect, where) in enumerate(_DEATHS):
        made.append(make(cloud, number))
        change(cloud, made[-1], number)
        if number % 2:
            for kind, resource_id in made.pop(0):
                cloud.central.delete(kind, resource_id)
        with worker(cloud, effect, where) as process:
            assert process.wait(_SECONDS) == -signal.SIGKILL, (effect, where)
    with worker(cloud):
        wait_for(lambda: is_at_rest(cloud), "all jobs to be done", _SECONDS)
        wanted = shown(cloud, "RegionOne")
        there = {pod.name: shown(cloud, pod.name) for pod in cloud.pods}
        for kind, values in wanted.items():
            found = [one for pod in there.values() for one in pod[kind]]
            if kind == "port":
                assert sorted(found) == values
            else:
                assert found == values * len(there), kind
        for resources in made:
            for kind, resource_id in resources:
                cloud.central.delete(kind, resource_id)
        wait_for(lambda: is_at_rest(cloud), "all jobs to be done", _SECONDS)
    for region in cloud.neutrons:
        assert not any(cloud.left(region).values()), region
    with cloud.database.read() as session:
        assert not routing.routes(session)
        failed = select(Job).where(Job.state == JobState.FAILED)
        assert not session.scalars(failed).all()
