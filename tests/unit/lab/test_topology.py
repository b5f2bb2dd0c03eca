# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors

from pathlib import Path
from typing import Any

import pytest

from lab.errors import TopologyError
from lab.paths import SOURCE
from lab.topology import load, parse


def raw(**changes: Any) -> dict[str, Any]:
    whole: dict[str, Any] = {
        "release": "2026.2",
        "central": {"name": "RegionOne", "address": "127.0.10.1"},
        "pods": [
            {"name": "Pod1", "address": "127.0.11.1"},
            {"name": "Pod2", "address": "127.0.12.1", "hosts": 2},
        ],
    }
    return whole | changes


def test_the_committed_topology_has_two_pods_of_one_host() -> None:
    topology = load(SOURCE / "lab" / "topology.toml")
    assert topology.central.name == "RegionOne"
    assert [(pod.name, len(pod.hosts)) for pod in topology.pods] == [
        ("Pod1", 1),
        ("Pod2", 1),
    ]


def test_hosts_get_names_and_addresses_of_their_own() -> None:
    hosts = parse(raw()).hosts
    assert [(host.name, host.namespace, host.underlay) for host in hosts] == [
        ("pod1-host1", "tcl-pod1-host1", "192.0.2.11"),
        ("pod2-host1", "tcl-pod2-host1", "192.0.2.21"),
        ("pod2-host2", "tcl-pod2-host2", "192.0.2.22"),
    ]
    assert [host.is_gateway for host in hosts] == [True, True, False]


def test_a_pod_may_be_of_another_release() -> None:
    old = {"name": "Pod3", "address": "127.0.13.1", "release": "2025.1"}
    topology = parse(raw(pods=[*raw()["pods"], old]))
    assert topology.releases == ("2026.2", "2025.1")
    assert topology.region("pod3").release == "2025.1"


def test_a_pod_that_does_not_exist_is_named_with_those_that_do() -> None:
    with pytest.raises(TopologyError, match="'Pod9'; the topology has RegionOne, Pod1"):
        parse(raw()).region("Pod9")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"release": 2026.2}, "release is missing, or not a text"),
        ({"central": None}, r"\[central\] is missing"),
        ({"pods": []}, r"at least one \[\[pods\]\] table"),
        (
            {"colour": "blue"},
            "unknown colour; known are addition, central",
        ),
        (
            {"pods": [{"name": "Pod1", "address": "127.0.11.1", "host": 2}]},
            r"\[\[pods\]\] number 1: unknown host",
        ),
        (
            {"pods": [{"name": "a pod", "address": "127.0.11.1"}]},
            "name must be 1 to 9 letters and digits, not 'a pod'",
        ),
        (
            {"pods": [{"name": "Pod1", "address": "192.168.0.1"}]},
            "address must be in 127.0.0.0/8, not '192.168.0.1'",
        ),
        (
            {"pods": [{"name": "Pod1", "address": "127.0.11.1", "hosts": 0}]},
            "hosts must be 1 to 4, not 0",
        ),
        (
            {"pods": [{"name": "Pod1", "address": "127.0.11.1", "hosts": True}]},
            "hosts must be 1 to 4, not True",
        ),
        (
            {"pods": [{"name": "RegionOne", "address": "127.0.11.1"}]},
            "two regions have the same name, regionone",
        ),
        (
            {"pods": [{"name": "Pod1", "address": "127.0.10.1"}]},
            "two regions have the same address, 127.0.10.1",
        ),
    ],
)
def test_what_is_impossible_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(TopologyError, match=message):
        parse(raw(**changes))


def test_an_unreadable_file_is_named(tmp_path: Path) -> None:
    broken = tmp_path / "topology.toml"
    broken.write_text("release = ")
    with pytest.raises(
        TopologyError, match=r"cannot read the topology .*topology\.toml"
    ):
        load(broken)
