# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""The lab's command line, as its users call it."""

import subprocess
import sys

from lab.paths import SOURCE


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
