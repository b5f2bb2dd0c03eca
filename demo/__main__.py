# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""``python -m demo``: the walk through a cloud that runs already."""

import signal
import sys

from demo import walk
from lab import choice
from lab.errors import LabError
from lab.paths import SOURCE, Paths
from lab.topology import load


def main() -> int:
    """Walk; return the exit status, 0 if all was as it should be."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)
    try:
        paths = Paths(SOURCE / ".lab")
        topology = load(choice.file_of(choice.last(paths)))
        return walk.run(paths, topology)
    except LabError as error:
        sys.stderr.write(f"demo: {error}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("demo: interrupted\n")
        return 130


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
