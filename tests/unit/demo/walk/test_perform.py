# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors

from collections.abc import Callable
from pathlib import Path

import pytest

from demo.walk import perform
from demo.walk.command import Command
from demo.walk.expectations import Check, Facts, anything, says
from demo.walk.scene import MARK, Scene
from demo.walk.step import Ask, Clear, Step, run
from lab.paths import Paths
from lab.topology import parse
from tests.unit.demo.walk.conftest import World

#: The SDK warns of how it uses itself.
pytestmark = pytest.mark.filterwarnings(r"ignore:::openstack(\.|$)")

TOPOLOGY = parse(
    {
        "release": "2026.2",
        "central": {"name": "RegionOne", "address": "127.0.10.1"},
        "pods": [
            {"name": "Pod1", "address": "127.0.11.1"},
            {"name": "Pod2", "address": "127.0.12.1"},
        ],
    }
)

#: Walks a step of one command with a check.
Walk = Callable[[Check], int]


@pytest.fixture
def walk(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Walk:
    """A walk that makes a network, and then says hello."""

    def walk(check: Check) -> int:
        def story(place: Scene, key_file: Path) -> tuple[Step, ...]:
            assert key_file.stat().st_mode & 0o777 == 0o600
            make = Ask(Command(("echo", "making")), made)
            greet = Ask(Command(("echo", "hello")), check)
            return (
                Step("Clearing", "It clears the place.", (Clear(), run(make))),
                Step("Greeting", "It says hello.", (run(greet),)),
            )

        def made(text: str, facts: Facts) -> dict[str, str]:
            world.central.put("network", "net1", description=MARK)
            return {}

        monkeypatch.setattr(perform, "story", story)
        return perform.run(Paths(tmp_path), TOPOLOGY)

    return walk


def test_a_walk_that_goes_well_shows_how_to_go_on(
    walk: Walk, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert walk(says("hello")) == 0
    output = capsys.readouterr().out
    assert "2 of 2  Greeting" in output
    assert "\n$ echo hello\nhello\n" in output
    for name in ("clouds.yaml", "openrc-demo", "openrc-admin"):
        assert str(tmp_path / name) in output
    assert (tmp_path / "openrc-demo").stat().st_mode & 0o777 == 0o600
    assert not list(tmp_path.glob("*.pem"))


def test_a_walk_that_fails_removes_what_it_made_and_says_why(
    walk: Walk, world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert walk(says("goodbye")) == 1
    assert world.central.deleted == ["net1"]
    assert "it does not say 'goodbye'" in capsys.readouterr().out.splitlines()[-1]
    assert not list(tmp_path.glob("*.pem"))


def test_a_walk_that_is_interrupted_removes_what_it_made(
    walk: Walk, world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt(text: str, facts: Facts) -> dict[str, str]:
        raise KeyboardInterrupt

    assert walk(interrupt) == 130
    assert world.central.deleted == ["net1"]
    assert capsys.readouterr().out.splitlines()[-1].endswith("interrupted")


def test_what_a_killed_walk_left_is_removed_first(walk: Walk, world: World) -> None:
    world.central.put("volume", "old", description=MARK, status="available")
    assert walk(anything) == 0
    assert world.central.deleted == ["old"]


def test_a_walk_does_not_begin_where_its_names_are_taken(
    walk: Walk, world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    world.central.put("server", "vm2", metadata={})
    assert walk(anything) == 1
    output = capsys.readouterr().out
    assert "server vm2 in RegionOne. Delete or rename" in output
    assert "Greeting" not in output
    assert world.central.deleted == []
