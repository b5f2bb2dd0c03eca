# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Real workers in processes of their own."""

import ctypes
import errno
import multiprocessing
import os
import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from multiprocessing.process import BaseProcess
from pathlib import Path
from unittest import mock

from tests.functional.jobs import handlers
from tests.functional.jobs.waiting import wait_for

#: Short, so that a dead worker is noticed soon; a busy machine must not kill others.
PACE = {"lease_time": 2.0, "poll_interval": 0.1, "first_backoff": 0.05, "stop_time": 5}

# To load the program takes a second or two of a processor: once is enough.
_FORK = multiprocessing.get_context("forkserver")
_FORK.set_forkserver_preload(["__main__", "tricircle.cmd.xjob", handlers.__name__])
_PR_SET_PDEATHSIG = 1


def _work(conf: Path, log: Path, kinds: tuple[str, ...], gates: Path) -> None:
    """Be a worker of these kinds only; no worker outlives the tests."""
    from tricircle.cmd import xjob  # loaded already

    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    output = os.open(log, os.O_WRONLY | os.O_APPEND)
    for stream in (1, 2):
        os.dup2(output, stream)
    os.environ[handlers.GATES] = str(gates)
    made = {kind: handlers.KINDS[kind]() for kind in kinds}
    with mock.patch("tricircle.jobs.kinds.load", return_value=made):
        sys.exit(xjob.main(["--config-file", str(conf)]))


@dataclass(frozen=True)
class WorkerProcess:
    """A ``tricircle-xjob``."""

    process: BaseProcess
    log: Path

    @property
    def pid(self) -> int:
        assert self.process.pid
        return self.process.pid

    def wait_ready(self) -> None:
        self.wait_saying("is ready for jobs of")

    def wait_saying(self, words: str) -> None:
        wait_for(lambda: self.says(words), f"{self.log} to say: {words}")

    def says(self, words: str) -> bool:
        return words in self.log.read_text()

    def signal(self, number: signal.Signals) -> None:
        os.kill(self.pid, number)

    def kill(self) -> None:
        self.process.kill()
        self.process.join()

    def stop(self) -> int | None:
        """Ask it to stop; its exit status."""
        self.process.terminate()
        return self.exit_status()

    def exit_status(self) -> int | None:
        """Its exit status, when it has ended."""
        self.process.join(30)
        return self.process.exitcode


@dataclass
class Fleet:
    """Starts workers on a database, with the kinds of ``handlers``."""

    url: str
    home: Path
    retry_time: float = 15
    kinds: tuple[str, ...] = handlers.UNAUDITED
    workers: list[WorkerProcess] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.gates = self.home / "gates"
        self.gates.mkdir()

    def start(
        self, transport_url: str | None = None, /, **pace: float
    ) -> WorkerProcess:
        """Start a worker; without a transport it has no nudges."""
        number = len(self.workers)
        conf, log = self.home / f"{number}.conf", self.home / f"{number}.log"
        conf.write_text(self._configuration(transport_url, {**PACE, **pace}))
        log.touch()
        process = _FORK.Process(
            target=_work, args=(conf, log, self.kinds, self.gates), daemon=True
        )
        process.start()
        worker = WorkerProcess(process, log)
        self.workers.append(worker)
        return worker

    def worker(self, pid: int) -> WorkerProcess:
        """The worker that has this process id."""
        return next(worker for worker in self.workers if worker.pid == pid)

    def close(self, name: str) -> "Gate":
        """Close the gate of this name."""
        return Gate(self.gates / name)

    def end(self) -> None:
        """Kill all workers."""
        for worker in self.workers:
            worker.kill()

    def _configuration(
        self, transport_url: str | None, pace: Mapping[str, float]
    ) -> str:
        lines = ["[DEFAULT]"]
        if transport_url:
            lines += [f"transport_url = {transport_url}"]
        lines += ["[messaging]", f"nudge = {bool(transport_url)}"]
        lines += ["[database]", f"connection = {self.url}"]
        lines += [f"retry_time = {self.retry_time}", "[jobs]"]
        lines += [f"{key} = {value}" for key, value in pace.items()]
        return "\n".join([*lines, ""])


class Gate:
    """A closed gate, where runs wait."""

    def __init__(self, path: Path) -> None:
        os.mkfifo(path)
        self._path = path
        self._end: int | None = None

    def wait_reached(self) -> None:
        """Wait until a run waits here."""
        self._end = wait_for(self._opened, f"a run to come to {self._path}")

    def remove(self) -> None:
        """Let those pass who come from now on; who waits keeps waiting."""
        self._path.unlink()

    def open(self) -> None:
        """Let the one pass who waits."""
        assert self._end is not None
        os.close(self._end)

    def _opened(self) -> int | None:
        try:
            return os.open(self._path, os.O_WRONLY | os.O_NONBLOCK)
        except OSError as error:
            if error.errno != errno.ENXIO:  # which says that nobody reads
                raise
            return None
