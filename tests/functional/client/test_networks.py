# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
from typing import Any

import pytest
from osc_lib.exceptions import CommandError

from tests.functional.client.shell import IDS, Shell
from tricircle.client.commands.network import ShowNetwork
from tricircle.client.commands.routing import (
    DeleteRouting,
    ListRoutings,
    ShowRouting,
)
from tricircle.db.models import JobState, RouteState
from tricircle.jobs import listing, queue
from tricircle.pods import routing

NET = "aaaaaaaa-0000-4000-8000-000000000001"
PORTS = [f"bbbbbbbb-0000-4000-8000-{number:012}" for number in range(3)]
OTHER = "bbbbbbbb-0000-4000-8000-000000000009"


def learn(shell: Shell, type_: str, id_: str, pod: str, **changes: Any) -> None:
    with shell.service.database.write() as session:
        route = routing.learn(
            session,
            resource_type=type_,
            resource_id=id_,
            pod_id=IDS[pod],
            pod_resource_id=f"{id_}-{pod}"[-64:],
            project_id="p1",
        )
        routing.update(session, route.id, **changes)


@pytest.fixture(autouse=True)
def _network(shell: Shell) -> None:
    """In Pod1 as it is now; in Pod2 a revision behind, with one of two subnets."""
    network = {
        "id": NET,
        "name": "net1",
        "project_id": "p1",
        "revision_number": 4,
        "subnets": ["sub1", "sub2"],
        "provider:network_type": "vlan",
        "provider:segmentation_id": 1001,
    }
    shell.networks.append(network)
    shell.ports += [
        {"id": id_, "network_id": NET, "project_id": "p1" if id_ != PORTS[2] else ""}
        for id_ in PORTS
    ]
    for pod, revision in (("Pod1", 4), ("Pod2", 3)):
        learn(shell, "network", NET, pod, revision=revision)
        learn(shell, "subnet", "sub1", pod)
    learn(shell, "subnet", "sub2", "Pod1")
    learn(shell, "subnet", "elsewhere", "Pod1")
    learn(shell, "port", PORTS[0], "Pod1")
    learn(shell, "port", PORTS[1], "Pod1", state=RouteState.DELETING)
    learn(shell, "port", OTHER, "Pod1")


def enqueue(shell: Shell, kind: str, id_: str, state: JobState, error: str) -> None:
    with shell.service.database.write() as session:
        queue.enqueue(session, kind, id_, IDS["Pod2"], "p1")
    with shell.service.database.write() as session:
        (job,) = listing.jobs(session, kind=kind, resource_id=id_)
        job.state, job.last_error, job.attempts = state, error, 2


@pytest.mark.parametrize("which", ["net1", NET])
def test_each_replica_is_shown(shell: Shell, which: str) -> None:
    shown = shell.json(ShowNetwork, which)
    assert (shown["id"], shown["name"], shown["revision"]) == (NET, "net1", 4)
    assert [one["pod"] for one in shown["replicas"]] == ["Pod1", "Pod2"]
    first, second = shown["replicas"]
    assert (first["is_current"], second["is_current"]) == (True, False)
    assert first["id"] == f"{NET}-Pod1"
    assert [one["subnet_id"] for one in first["subnets"]] == ["sub1", "sub2"]
    assert first["ports"] == {"active": 1, "deleting": 1}
    assert second["ports"] == {}
    assert shown["jobs"] == []


def test_a_table_shows_a_line_for_each_replica(shell: Shell) -> None:
    shown = shell(ShowNetwork, "net1", "-c", "replicas", "-c", "jobs")
    for line in (
        f"Pod1: active, {NET}-Pod1, revision 4, 2 of 2 subnets,"
        " 1 port active, 1 port deleting ",
        f"Pod2: active, {NET}-Pod2, revision 3, not 4 yet, 1 of 2 subnets ",
        "all done ",
    ):
        assert f"| {line}" in shown


def test_what_is_not_done_is_shown_with_its_error(shell: Shell) -> None:
    enqueue(shell, "network", NET, JobState.FAILED, "Pod2 can't be reached")
    enqueue(shell, "subnet", "sub1", JobState.DONE, "")
    enqueue(shell, "subnet", "sub2", JobState.RUNNING, "")
    enqueue(shell, "port", PORTS[1], JobState.FAILED, "no address")
    enqueue(shell, "port", PORTS[0], JobState.NEW, "")
    enqueue(shell, "port", OTHER, JobState.FAILED, "not of this network")
    jobs = shell.json(ShowNetwork, "net1")["jobs"]
    assert [(one["kind"], one["state"], one["last_error"]) for one in jobs] == [
        ("network", "failed", "Pod2 can't be reached"),
        ("subnet", "running", ""),
        ("port", "failed", "no address"),
    ]
    assert f"network {NET} in Pod2: failed, 2 attempts, due 20" in shell(
        ShowNetwork, "net1"
    )


def test_a_network_that_is_gone_shows_what_is_left_of_it(shell: Shell) -> None:
    shell.networks.clear()
    shown = shell.json(ShowNetwork, NET)
    assert shown["name"] is None
    assert [one["pod"] for one in shown["replicas"]] == ["Pod1", "Pod2"]


@pytest.mark.parametrize("which", ["net9", "aaaaaaaa-0000-4000-8000-000000000009"])
def test_a_network_that_never_was_is_a_mistake(shell: Shell, which: str) -> None:
    with pytest.raises(CommandError, match=f"no network '{which}'"):
        shell(ShowNetwork, which)


def test_a_network_in_no_pod_says_so(shell: Shell) -> None:
    shell.networks.append({"id": "n2", "name": "net2", "subnets": []})
    assert "| in no pod " in shell(ShowNetwork, "net2")


@pytest.mark.parametrize(
    ("words", "count"),
    [
        ([], 9),
        (["--resource-type", "network"], 2),
        (["--resource", NET, "--pod", "Pod2"], 1),
        (["--pod-resource", f"{NET}-Pod1"], 1),
        (["--state", "deleting"], 1),
        (["--project", "p2"], 0),
    ],
)
def test_routings_are_filtered(shell: Shell, words: list[str], count: int) -> None:
    assert len(shell.column(ListRoutings, "id", *words)) == count


def test_a_routing_is_shown_and_forgotten(shell: Shell) -> None:
    where = ["--resource", NET, "--pod", "Pod1"]
    (id_,) = shell.column(ListRoutings, "id", *where)
    shown = shell.json(ShowRouting, id_)
    assert (shown["pod"], shown["revision"], shown["details"]) == ("Pod1", 4, {})
    shell(DeleteRouting, id_)
    assert not shell.column(ListRoutings, "id", *where)
