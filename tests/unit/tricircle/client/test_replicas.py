# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
from typing import Any

import pytest

from tricircle.client import replicas
from tricircle.client.replicas import Jobs, Network, Replicas

NETWORK = Network("net1", 4, ("sub1", "sub2"))


def routing(type_: str = "network", **changes: Any) -> dict[str, Any]:
    return {
        "resource_type": type_,
        "resource_id": "net1",
        "pod_id": "id1",
        "pod_name": "Pod1",
        "pod_resource_id": "replica1",
        "state": "active",
        "is_sole": False,
        "revision": 4,
        **changes,
    }


def job(**changes: Any) -> dict[str, Any]:
    return {
        "id": "j1",
        "kind": "network",
        "resource_id": "net1",
        "pod_name": "Pod1",
        "state": "failed",
        "attempts": 2,
        "wanted": 3,
        "reached": 2,
        "next_run_at": "soon",
        "last_error": "no way",
        "created_at": "then",
        **changes,
    }


def lines(network: Network, *routings: dict[str, Any]) -> str:
    return Replicas(network, replicas.of(network, routings)).human_readable()


def test_replicas_come_by_the_names_of_their_pods() -> None:
    far = routing(pod_id="id0", pod_name="Pod2")
    found = replicas.of(NETWORK, [far, routing()])
    assert [one["pod_id"] for one in found] == ["id1", "id0"]


@pytest.mark.parametrize(
    ("routings", "line"),
    [
        ([], "in no pod"),
        ([routing()], "Pod1: active, replica1, revision 4, 0 of 2 subnets"),
        (
            [routing(is_sole=True, revision=3)],
            "Pod1: active, replica1, can be in no other pod, revision 3, not 4 yet,"
            " 0 of 2 subnets",
        ),
        (
            [routing(state="pending", pod_resource_id=None, revision=None)],
            "Pod1: pending, 0 of 2 subnets",
        ),
        (
            [routing("subnet"), routing("subnet", state="pending")],
            "Pod1: absent, 1 of 2 subnets",
        ),
        (
            [routing(), routing("port"), routing("port"), routing("port", state="x")],
            "Pod1: active, replica1, revision 4, 0 of 2 subnets, 2 ports active,"
            " 1 port x",
        ),
    ],
)
def test_a_line_tells_what_a_replica_lacks(
    routings: list[dict[str, Any]], line: str
) -> None:
    assert lines(NETWORK, *routings) == line


def test_what_is_left_of_a_network_is_compared_with_nothing() -> None:
    left = [routing(), routing("subnet")]
    told = "Pod1: active, replica1, revision 4, 1 of 1 subnets"
    assert lines(Network("net1"), *left) == told
    (replica,) = replicas.of(Network("net1"), left)
    assert not replica["is_current"]


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({}, "network net1 in Pod1: failed, 2 attempts, due soon: no way"),
        (
            {"reached": 3},
            "network net1 in Pod1: failed, 2 attempts, not tried again: no way",
        ),
        (
            {"state": "new", "attempts": 0, "last_error": None, "pod_name": None},
            "network net1: new, due soon",
        ),
        ({"state": "done"}, "all done"),
    ],
)
def test_a_line_tells_what_becomes_of_a_job(changes: dict[str, Any], line: str) -> None:
    assert Jobs(replicas.unfinished([job(**changes)])).human_readable() == line
