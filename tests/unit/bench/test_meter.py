# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Numbers of /proc."""

import os
import subprocess
import sys

from bench import meter
from bench.meter import Reading


def test_processor_time_is_the_first_number() -> None:
    assert meter.spent("2500000000 42 7\n") == 2.5


def test_memory_is_in_bytes() -> None:
    status = "Name:\tgateway\nVmHWM:\t    2048 kB\nVmRSS:\t    1024 kB\n"
    assert meter.amount(status, "VmRSS") == 1024 * 1024
    assert meter.amount(status, "VmSwap") == 0


def test_what_was_used_is_a_difference() -> None:
    used = Reading({1: 5.0, 2: 3.0, 3: 1.0}).since(Reading({1: 4.0, 2: 0.5}))
    assert (used.total, used.busiest) == (4.5, 2.5)


def test_children_count() -> None:
    command = [sys.executable, "-c", "input()"]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as child:
        assert child.pid in meter.processes(os.getpid())
        assert set(meter.read(os.getpid()).by_process) >= {os.getpid(), child.pid}
        child.communicate(b"\n")
