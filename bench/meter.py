# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""What processes used, as the kernel counted it: of a program and all its children."""

from dataclasses import dataclass
from pathlib import Path

import psutil

_PROC = Path("/proc")


def processes(pid: int) -> list[int]:
    """The program's processes: itself, its children, theirs."""
    return [pid, *(child.pid for child in psutil.Process(pid).children(recursive=True))]


def seconds(pid: int) -> float:
    """Processor time that one process has used, its living threads together."""
    tasks = (_PROC / str(pid) / "task").iterdir()
    return sum(spent((task / "schedstat").read_text()) for task in tasks)


def spent(schedstat: str) -> float:
    """Seconds on a processor, of what ``schedstat`` says."""
    return int(schedstat.split()[0]) / 1e9


def delayed(pid: int) -> float:
    """Seconds for which its first thread was ready, and others had the processor."""
    return int((_PROC / str(pid) / "schedstat").read_text().split()[1]) / 1e9


@dataclass(frozen=True)
class Reading:
    """Processor time of each process of a program, in seconds."""

    by_process: dict[int, float]

    def since(self, before: "Reading") -> "Reading":
        """What was used since another reading."""
        return Reading(
            {
                pid: used - before.by_process.get(pid, 0.0)
                for pid, used in self.by_process.items()
            }
        )

    @property
    def total(self) -> float:
        """Seconds of all processes together."""
        return sum(self.by_process.values())

    @property
    def busiest(self) -> float:
        """Seconds of the process that had most to do."""
        return max(self.by_process.values())


def read(pid: int) -> Reading:
    """What a program has used until now."""
    return Reading({one: seconds(one) for one in processes(pid)})


def memory(pid: int) -> int:
    """Bytes of memory that a program has in use now."""
    return sum(_status(one, "VmRSS") for one in processes(pid))


def forget_peak(pid: int) -> None:
    """Let ``peak`` begin anew."""
    for one in processes(pid):
        (_PROC / str(one) / "clear_refs").write_text("5")


def peak(pid: int) -> int:
    """The most bytes of memory that it had in use since ``forget_peak``."""
    return sum(_status(one, "VmHWM") for one in processes(pid))


def _status(pid: int, key: str) -> int:
    return amount((_PROC / str(pid) / "status").read_text(), key)


def amount(status: str, key: str) -> int:
    """Bytes that a line of ``status`` tells; 0 if there is none."""
    for line in status.splitlines():
        name, _, value = line.partition(":")
        if name == key:
            return int(value.split()[0]) * 1024
    return 0
