# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Performing a walk: the only module that runs its steps, one after another."""

import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import yaml

from demo.walk import leftovers
from demo.walk.clouds import Clouds
from demo.walk.errors import WalkError
from demo.walk.lanes import Lanes
from demo.walk.openrc import openrc
from demo.walk.places import places
from demo.walk.runner import Runner
from demo.walk.scene import OPERATOR, USER, Scene, scene
from demo.walk.screen import Screen
from demo.walk.step import Await, Clear, Step
from demo.walk.story import story
from demo.walk.summary import summary
from demo.walk.waiting import Watch
from lab.credentials import write_private
from lab.paths import SOURCE, Paths
from lab.shell import clean_environment
from lab.topology import Topology

_INTERRUPTED = 130
_RC_FILES = {USER: "openrc-demo", OPERATOR: "openrc-admin"}


def run(paths: Paths, topology: Topology) -> int:
    """Walk on the running lab; 0 if all went as it must, 1 if not, 130 if stopped.

    What the walk made is removed in each case.
    """
    with Screen() as screen:
        try:
            _walk(paths, scene(topology), screen)
        except WalkError as error:
            screen.fail(str(error))
            return 1
        except KeyboardInterrupt:
            screen.fail("interrupted")
            return _INTERRUPTED
    return 0


def _walk(paths: Paths, place: Scene, screen: Screen) -> None:
    clouds = Clouds(paths.clouds)
    files = _write_rc_files(paths)
    key_file = _key_file(paths)
    environment = _environment(paths)
    screen.say("What follows can be typed as well, in this directory, after:")
    programs = Path(sys.executable).parent
    screen.command(f"export OS_CLIENT_CONFIG_FILE={paths.clouds}")
    screen.command(f"export PATH={programs}:$PATH")
    steps = story(place, key_file)
    facts: dict[str, str] = {}
    lanes = Lanes(Runner(SOURCE, environment), screen)
    watch = Watch(clouds, place)
    cleared = False

    def clear() -> None:
        nonlocal cleared
        cleared = True
        _clear(clouds, place, screen)

    try:
        _perform(steps, facts, lanes, watch, clear, screen)
    except BaseException as error:
        if cleared:
            _tidy(clouds, screen, error)
        raise
    finally:
        key_file.unlink(missing_ok=True)
    screen.say("What lived where:")
    screen.output(summary(place.central, places(facts)))
    screen.say(
        f"The walk took {screen.seconds:.0f} s. All is deleted, and the pods are "
        "empty. To go on by hand:"
    )
    for path in (paths.clouds, *files):
        screen.say(f"  {path}")


def _perform(
    steps: tuple[Step, ...],
    facts: dict[str, str],
    lanes: Lanes,
    watch: Watch,
    clear: Callable[[], None],
    screen: Screen,
) -> None:
    """Perform all steps, adding to the facts; WalkError at the first that fails."""
    for number, step in enumerate(steps, start=1):
        screen.heading(number, len(steps), step.title, step.text)
        for act in step.acts:
            if isinstance(act, Await):
                screen.busy([f"waiting for {', '.join(act.names)} to be {act.wanted}"])
                watch.wait(act, facts, screen.say)
            elif isinstance(act, Clear):
                clear()
            else:
                lanes.run(act, facts)


def _clear(clouds: Clouds, place: Scene, screen: Screen) -> None:
    """Remove what a walk that was killed has left; NameTaken if names are in use."""
    screen.busy(["looking whether another walk has left something behind"])
    leftovers.remove(clouds, screen.say)
    screen.busy(["looking whether the names are free, in the pods as well"])
    leftovers.check_names(clouds, place)
    screen.busy()


def _tidy(clouds: Clouds, screen: Screen, reason: BaseException) -> None:
    """Remove what this walk has made, before the reason for its end is told."""
    screen.say("the walk ends here; what it has made is removed")
    try:
        leftovers.remove(clouds, screen.say)
    except WalkError as error:
        screen.fail(f"it can't be removed, the next walk will try again: {error}")
        raise reason from error


def _environment(paths: Paths) -> dict[str, str]:
    """The variables of the clients' processes."""
    programs = Path(sys.executable).parent
    return clean_environment(
        {
            "OS_CLIENT_CONFIG_FILE": str(paths.clouds),
            "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
        }
    )


def _key_file(paths: Paths) -> Path:
    """An empty file for the user's private key, which its owner alone can read."""
    path = paths.root / "make-demo.pem"
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    return path.relative_to(SOURCE) if path.is_relative_to(SOURCE) else path


def _write_rc_files(paths: Paths) -> list[Path]:
    """Write an ``openrc`` for the user and one for the operator."""
    clouds: Mapping[str, Any] = yaml.safe_load(paths.clouds.read_text())["clouds"]
    files = {paths.root / name: openrc(clouds[who]) for who, name in _RC_FILES.items()}
    for path, text in files.items():
        write_private(path, text)
    return list(files)
