# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""``openstack multiregion ...``, as operators type it."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.integration.bench import PATHS, TOPOLOGY
from tests.integration.cloud import Cloud, zone_of
from tests.integration.waiting import wait_for

OPENSTACK = Path(sys.executable).with_name("openstack")


def openstack(*words: str, cloud: str = "admin") -> subprocess.CompletedProcess[str]:
    """Run a command of the plugin."""
    return subprocess.run(
        [OPENSTACK, "--os-cloud", cloud, "multiregion", *words],
        env={**os.environ, "OS_CLIENT_CONFIG_FILE": str(PATHS.clouds)},
        capture_output=True,
        text=True,
        check=False,
    )


def shown(*words: str) -> Any:
    """What a command shows."""
    done = openstack(*words, "-f", "json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def network(whole_cloud: Cloud) -> Iterator[Any]:
    """A network with a server in each pod."""
    with ExitStack() as stack:
        cloud = replace(whole_cloud, stack=stack)
        made = cloud.make_network("client", "10.77.0.0/24")
        servers = [
            cloud.create_server(f"client-{pod.slug}", zone_of(pod), [{"uuid": made.id}])
            for pod in TOPOLOGY.pods
        ]
        for server in servers:
            cloud.wait_active(server)
        yield made


def test_pods_are_listed_by_name(whole_cloud: Cloud) -> None:
    listed = {pod["Name"]: pod for pod in shown("pod", "list")}
    for pod in TOPOLOGY.pods:
        assert listed[pod.name]["Availability Zone"] == zone_of(pod)
    assert listed[TOPOLOGY.central.name]["Availability Zone"] == ""


@pytest.mark.parametrize("by", ["name", "id"])
def test_a_network_shows_its_replicas(network: Any, by: str) -> None:
    def all_current() -> Any:
        found = shown("network", "show", network[by])
        states = [(one["state"], one["is_current"]) for one in found["replicas"]]
        return found if states == [("active", True)] * len(TOPOLOGY.pods) else None

    found = wait_for(all_current, "each replica to be current")
    assert found["id"] == network.id
    (subnet,) = network.subnet_ids
    for pod, replica in zip(TOPOLOGY.pods, found["replicas"], strict=True):
        assert replica["pod"] == pod.name
        assert [one["subnet_id"] for one in replica["subnets"]] == [subnet]
        assert replica["ports"] == {"active": 1}


def test_routings_of_a_pod_lead_to_its_replicas(network: Any, cloud: Cloud) -> None:
    for pod in TOPOLOGY.pods:
        (routing,) = shown(
            "routing", "list", "--resource", network.id, "--pod", pod.name
        )
        there = routing["Pod Resource ID"]
        replica = shown("routing", "show", routing["ID"])
        assert (replica["pod"], replica["pod_resource_id"]) == (pod.name, there)


def test_the_project_is_bound_to_the_pods(network: Any) -> None:
    bound = shown("binding", "list", "--project", "demo")
    assert {pod.name for pod in TOPOLOGY.pods} <= {one["Pod"] for one in bound}


def test_a_job_is_done_again(network: Any, cloud: Cloud) -> None:
    ports = cloud.user.network.ports(network_id=network.id)
    port = next(one for one in ports if one.device_owner.startswith("compute:"))

    def job() -> Any:
        return shown("job", "list", "--resource", port.id, "--kind", "port", "--long")

    (before,) = wait_for(job, "the job that realises a port")
    done = openstack("job", "redo", before["ID"])
    assert (done.returncode, done.stderr) == (0, "")
    wait_for(
        lambda: job()[0]["Reached"] > before["Reached"], "the job to be done again"
    )


@pytest.mark.parametrize(
    ("words", "cloud", "sentence"),
    [
        (["pod", "show", "Pod99"], "admin", "there is no pod 'Pod99'"),
        (["pod", "list"], "demo", "policy does not allow tricircle:pod:list"),
        (["network", "show", "no-such"], "admin", "there is no network 'no-such'"),
    ],
)
def test_a_refusal_is_one_sentence(words: list[str], cloud: str, sentence: str) -> None:
    done = openstack(*words, cloud=cloud)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith(sentence)
    assert len(done.stderr.splitlines()) == 1
