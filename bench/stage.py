# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""The simulated regions of a run, and the directory in which it happens."""

import resource
import shutil
import socket
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench import nginx
from bench.addresses import HOST, free_ports
from bench.processes import await_ports, running

FAST = 2
SLOW = 10
"""So many that 500 calls at once stay below the gateway's bulkhead, 64 for a pod."""
LISTING = 100
BIG = 1 << 30
_FILES = 16384


@dataclass(frozen=True)
class Stage:
    """Where the simulated regions listen, and who they are."""

    directory: Path
    keystone: int
    central: int
    fast: Sequence[int]
    slow: Sequence[int]
    sink: int
    listing: Sequence[int]
    hung: Sequence[int]
    """One for each round: a pod that hung is left alone for a while."""
    fast_pid: int
    slow_pid: int

    def log(self, name: str) -> Path:
        """Where a program's words go."""
        return self.directory / f"{name}.log"


@contextmanager
def stage(directory: Path, rounds: int) -> Iterator[Stage]:
    """Start the simulated regions; at the end nothing of them is left."""
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    _allow_many_files()
    big = directory / "big"
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, directory, ignore_errors=True)
        with big.open("wb") as file:
            file.truncate(BIG)  # it takes no room on the disk
        hung = [stack.enter_context(_hung()) for _ in range(rounds)]
        keystone, central, sink, *rest = free_ports(3 + FAST + SLOW + LISTING)
        fast, slow = rest[:FAST], rest[FAST : FAST + SLOW]
        listing = rest[FAST + SLOW :]
        home = directory / "regions"
        text = nginx.regions(home, keystone, [central, *fast], big)
        fast_pid = stack.enter_context(
            start_nginx(home, text, [keystone, central, *fast])
        )
        roles = [f"slow:{port}:{200 + n}" for n, port in enumerate(slow)]
        roles += [f"listing:{port}:{300 + n}" for n, port in enumerate(listing)]
        roles.append(f"sink:{sink}:0")
        words = [sys.executable, "-m", "bench.simulated", *roles]
        log = directory / "simulated.log"
        simulated = stack.enter_context(running(words, log))
        await_ports(simulated, [*slow, *listing, sink], log)
        ports = [one.getsockname()[1] for one in hung]
        yield Stage(
            directory=directory,
            keystone=keystone,
            central=central,
            fast=fast,
            slow=slow,
            sink=sink,
            listing=listing,
            hung=ports,
            fast_pid=fast_pid,
            slow_pid=simulated.pid,
        )


@contextmanager
def start_nginx(home: Path, text: str, ports: Sequence[int]) -> Iterator[int]:
    """Run nginx with a configuration of its own; gives its process id."""
    home.mkdir()
    file = home / "nginx.conf"
    file.write_text(text)
    words = ["nginx", "-e", f"{home}/error.log", "-p", f"{home}", "-c", f"{file}"]
    with running(words, home / "error.log") as process:
        await_ports(process, ports, home / "error.log")
        yield process.pid


@contextmanager
def _hung() -> Iterator[socket.socket]:
    """A pod that hangs: the kernel takes connections, and nobody ever reads them."""
    with socket.socket() as listening:
        listening.bind((HOST, 0))
        listening.listen(1024)
        yield listening


def _allow_many_files() -> None:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _FILES if most == resource.RLIM_INFINITY else min(_FILES, most)
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))
