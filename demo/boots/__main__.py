# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""``python -m demo.boots``: measure boots on a lab that runs, and judge them."""

import argparse
import signal
import sys
from collections.abc import Sequence

from demo.boots.figures import holds, table
from demo.boots.measuring import measure
from demo.walk.clouds import Clouds
from demo.walk.errors import WalkError
from demo.walk.scene import scene
from lab import choice
from lab.errors import LabError
from lab.paths import SOURCE, Paths
from lab.terminal import Terminal
from lab.topology import load


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure; return the exit status, 0 if all is as it is wanted to be."""
    rounds = _options(arguments).rounds
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)
    try:
        paths = Paths(SOURCE / ".lab")
        zones = scene(load(choice.file_of(choice.last(paths)))).zones
        with Terminal() as terminal:
            times = measure(Clouds(paths.clouds), zones, rounds, terminal.say)
    except (LabError, WalkError) as error:
        sys.stderr.write(f"boots: {error}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("boots: interrupted\n")
        return 130
    print(table(times))
    return 0 if holds(times) else 1


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="boots", description=__doc__)
    parser.add_argument(
        "--rounds", type=_count, default=10, help="that count, over all pods in turn"
    )
    return parser.parse_args(arguments)


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError(f"{number} is less than 1")
    return number


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
