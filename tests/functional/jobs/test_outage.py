# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""A database that is killed and comes back while jobs run."""

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.functional.db.servers import Server, mariadb
from tests.functional.gateway.program import HOST, free_ports
from tests.functional.jobs.fleet import Fleet
from tests.functional.jobs.handlers import METADATA
from tests.functional.jobs.ledger import Ledger
from tests.functional.jobs.waiting import wait_for
from tricircle.db import migration
from tricircle.db.engine import Database


@pytest.fixture
def server() -> Iterator[Server]:
    """A MariaDB that a test may kill; the others share another one."""
    with mariadb() as started:
        # Started without care for a crash, which is what is going to happen.
        started.execute("SET GLOBAL innodb_flush_log_at_trx_commit = 1")
        yield started


@pytest.fixture
def database(server: Server) -> Iterator[Database]:
    made = Database(server.create("outage"), retry_time=60)
    migration.sync(made)
    METADATA.create_all(made.engine)
    yield made
    made.dispose()


class Killed:
    """The server, killed; it comes back with ``restart``."""

    def __init__(self, server: Server) -> None:
        socket = Path(str(server.admin.query["unix_socket"]))
        pid = int(socket.with_name("pid").read_text())
        arguments = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        self._command = [argument.decode() for argument in arguments if argument]
        os.kill(pid, signal.SIGKILL)

    def restart(self) -> "subprocess.Popen[bytes]":
        command = ["setpriv", "--pdeathsig=KILL", *self._command]
        null = subprocess.DEVNULL
        return subprocess.Popen(command, cwd="/", stdout=null, stderr=null)


def health(port: int) -> tuple[int, str]:
    answer = requests.get(f"http://{HOST}:{port}/healthcheck", timeout=30)
    return answer.status_code, answer.text


def test_workers_carry_on_when_mariadb_restarts(
    server: Server, database: Database, tmp_path: Path
) -> None:
    fleet, ledger = Fleet(server.url("outage"), tmp_path), Ledger(database)
    fleet.retry_time = 0.1
    [port] = free_ports(1)
    worker = fleet.start(lease_time=60, metrics_port=port)
    worker.wait_ready()
    waiting, gate = ledger.wish("waiting"), fleet.close("waiting.1")
    last, last_gate = ledger.wish("last"), fleet.close("last.2")
    gate.wait_reached()
    last_gate.wait_reached()
    killed = Killed(server)
    worker.wait_saying("Cannot look for jobs now")
    wait_for(lambda: health(port) == (503, "the database does not answer"), "503")
    # One run needs the database for its next step, the other for its end only.
    gate.open()
    last_gate.open()
    worker.wait_saying(f"job {waiting} (steps waiting, pod none): cannot be settled")
    worker.wait_saying(f"job {last} (steps last, pod none): cannot be settled")
    restarted = killed.restart()
    try:
        for job_id, name, runs in ((waiting, "waiting", 2), (last, "last", 1)):
            job = ledger.wait_state(job_id, "done", 60)
            assert (job.fence, job.last_error) == (runs, None)
            ledger.check_once_each(name)
        ledger.wait_state(ledger.wish("later"), "done")
        assert health(port) == (200, "OK")
        assert worker.stop() == 0
    finally:
        fleet.end()
        database.dispose()
        restarted.terminate()
        restarted.wait(30)
