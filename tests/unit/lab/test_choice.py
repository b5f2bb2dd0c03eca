# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors

from pathlib import Path

import pytest

from lab import choice
from lab.cli import parser
from lab.control import Lab
from lab.errors import TopologyError
from lab.paths import SOURCE, Paths
from lab.topology import load


def names_of(topology: str) -> list[tuple[str, str, int]]:
    found = load(choice.file_of(topology))
    return [(pod.name, pod.release, len(pod.hosts)) for pod in found.pods]


def test_topologies_that_come_with_the_lab_extend_the_default_one() -> None:
    default = load(choice.file_of("default"))
    assert names_of("default") == [("Pod1", "2026.2", 1), ("Pod2", "2026.2", 1)]
    assert names_of("hosts") == [("Pod1", "2026.2", 2), ("Pod2", "2026.2", 2)]
    assert names_of("releases") == [*names_of("default"), ("Pod3", "2025.1", 1)]
    assert list(choice.names()) == ["default", "hosts", "releases"]
    for name in choice.names():
        topology = load(choice.file_of(name))
        assert (topology.central, topology.addition) == (
            default.central,
            default.addition,
        )


def test_a_topology_is_a_name_or_a_path(tmp_path: Path) -> None:
    assert choice.file_of("default") == SOURCE / "lab" / "topology.toml"
    assert choice.file_of(str(tmp_path / "own.toml")) == tmp_path / "own.toml"
    with pytest.raises(TopologyError, match="'lease'; there are default, hosts, rele"):
        choice.file_of("lease")


def test_the_lab_has_what_it_was_told_last_until_it_is_told_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = Paths(tmp_path / "not" / "made" / "yet")
    assert Lab(paths).topology_name == choice.last(paths) == "default"
    choice.remember("releases", paths)
    assert len(Lab(paths).topology.pods) == 3
    assert len(Lab(paths, "default").topology.pods) == 2
    own = tmp_path / "own.toml"
    own.write_text(choice.file_of("hosts").read_text())
    monkeypatch.chdir(tmp_path)
    choice.remember("own.toml", paths)
    monkeypatch.chdir("/")
    assert Lab(paths).topology_name == str(own)
    assert len(Lab(paths).topology.hosts) == 4


def test_without_a_topology_a_command_is_about_what_ran_last() -> None:
    assert parser().parse_args(["down"]).topology == ""
    assert parser().parse_args(["--topology", "hosts", "up"]).topology == "hosts"
