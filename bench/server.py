# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""A program that answers calls."""

from dataclasses import dataclass
from pathlib import Path

from bench.processes import Process, await_ports


@dataclass(frozen=True)
class Server:
    """A program, and where it listens."""

    pid: int
    port: int


@dataclass(frozen=True)
class Started:
    """A program that may still be on its way: they start all at once, not in turn."""

    process: Process
    port: int
    log: Path

    def server(self) -> Server:
        """Wait until it listens. BenchError."""
        await_ports(self.process, [self.port], self.log)
        return Server(self.process.pid, self.port)
