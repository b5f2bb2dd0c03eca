# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""``tricircle-gateway`` as a program of its own, over SQLite, with no region behind."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tricircle.db import migration
from tricircle.db.engine import Database

HOST = "127.0.0.1"
#: Seconds that it may take to start or to end on a machine that has other work.
PATIENCE = 60.0


def free_ports(count: int) -> list[int]:
    """Ports that nobody uses now."""
    found = [socket.create_server((HOST, 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in found]
    for one in found:
        one.close()
    return ports


@dataclass
class Program:
    """A gateway that runs; all its processes are one group."""

    process: "subprocess.Popen[bytes]"
    compute: int
    log: Path

    def listens(self) -> bool:
        try:
            with socket.create_connection((HOST, self.compute), timeout=1):
                return True
        except OSError:
            return False

    def until_it_listens(self) -> None:
        self.until(self.listens)

    def until(self, what: Callable[[], bool]) -> None:
        end = time.monotonic() + PATIENCE
        while not what():
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < end, self.log.read_text()
            time.sleep(0.05)

    def signal(self, number: int = signal.SIGTERM) -> None:
        self.process.send_signal(number)

    def until_all_are_gone(self) -> int:
        """Wait for each of its processes; the status of the first."""
        status = self.process.wait(PATIENCE)
        end = time.monotonic() + PATIENCE
        while _has_members(self.process.pid):
            assert time.monotonic() < end, "processes were left behind"
            time.sleep(0.05)
        return status


@contextmanager
def program(
    directory: Path, *, settings: str = "", database: str = "", workers: int = 1
) -> Iterator[Program]:
    """Begin to run it; ``settings`` are more lines of section ``[gateway]``."""
    compute, volume = free_ports(2)
    file = directory / "gateway.conf"
    file.write_text(f"""[database]
connection = {database or _sqlite(directory)}
[gateway]
compute_port = {compute}
volume_port = {volume}
workers = {workers}
{settings}
[keystone]
auth_type = v3password
auth_url = http://{HOST}:1/v3
username = tricircle
password = secret
project_name = service
user_domain_id = default
project_domain_id = default
""")
    log = directory / "gateway.log"
    with log.open("ab") as sink:
        process = subprocess.Popen(
            [sys.executable, "-m", "tricircle.cmd.gateway", "--config-file", str(file)],
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield Program(process, compute, log)
    finally:
        if _has_members(process.pid):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _sqlite(directory: Path) -> str:
    file = directory / "gateway.sqlite"
    if not file.exists():
        made = Database(f"sqlite:///{file}")
        migration.sync(made)
        made.dispose()
    return f"sqlite:///{file}"


def _has_members(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True
