# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""The lab's command line, as its users call it."""

import signal
import subprocess
import sys

from lab.paths import SOURCE
from lab.processes import find, is_alive
from tests.integration.bench import PATHS
from tests.integration.waiting import wait_for

_BUSY = "another lab command is at work"


def lab(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run ``python -m lab`` with these arguments; both outputs are in `stdout`."""
    return subprocess.run(
        [sys.executable, "-m", "lab", *arguments],
        cwd=SOURCE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


def kill(service: str) -> None:
    """Kill all processes of a service at once, and wait until they are dead."""
    processes = find(PATHS.root)[service].processes
    for process in processes:
        process.send_signal(signal.SIGKILL)
    wait_for(lambda: not any(map(is_alive, processes)), f"{service} to die")


def heal() -> None:
    """Have everything run again that should."""

    def up() -> bool:
        done = lab("up")
        assert done.returncode == 0 or _BUSY in done.stdout, done.stdout
        return done.returncode == 0

    wait_for(up, "the lab to be healed")
