# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Programs that run as long as they are needed, and never longer."""

import ctypes
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from bench.addresses import HOST
from bench.errors import BenchError

_START = 120.0
"""Seconds that a program may take until it listens."""
_STOP = 10.0
_LAST = 2000
"""Characters of a log that an error shows."""
_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None)


Process = subprocess.Popen[bytes]


@contextmanager
def running(
    words: Sequence[str | Path],
    log: Path,
    environment: Mapping[str, str] | None = None,
    *,
    has_children: bool = False,
) -> Iterator[Process]:
    """Run a program until the end of the block.

    What it says goes to ``log``; ``environment`` is added to ours. One that
    ``has_children`` must be able to end them, even if it is us who were killed.
    """
    with log.open("ab") as sink:
        process = subprocess.Popen(
            [str(word) for word in words],
            env=os.environ | dict(environment or {}),
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # a Ctrl-C is ours: we stop things in order
            preexec_fn=partial(
                _end_with_parent, signal.SIGTERM if has_children else signal.SIGKILL
            ),
        )
    try:
        yield process
    finally:
        _stop(process)


def await_ports(process: Process, ports: Sequence[int], log: Path) -> None:
    """Wait until a program listens.

    BenchError, with the end of its log, if it ends before that or takes too long.
    """
    for port in ports:
        _await(process, port, log)


def finish(words: Sequence[str | Path], what: str) -> str:
    """Run a command to its end and give its output; BenchError if it fails."""
    done = subprocess.run(
        [str(word) for word in words],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=_end_with_parent,
    )
    if done.returncode:
        said = f"{done.stdout}{done.stderr}".strip()[-_LAST:]
        raise BenchError(f"{what} ended with {done.returncode}:\n{said}")
    return done.stdout


def _end_with_parent(by: signal.Signals = signal.SIGKILL) -> None:
    """Even if we are killed, nothing stays behind."""
    _LIBC.prctl(_PR_SET_PDEATHSIG, by)


def _await(process: Process, port: int, log: Path) -> None:
    end = time.monotonic() + _START
    while time.monotonic() < end:
        if process.poll() is not None:
            raise BenchError(f"{_name(process)} ended at once:\n{_tail(log)}")
        try:
            with socket.create_connection((HOST, port), timeout=1):
                return
        except OSError:
            time.sleep(0.05)
    raise BenchError(f"{_name(process)} does not listen:\n{_tail(log)}")


def _stop(process: Process) -> None:
    process.terminate()
    try:
        process.wait(_STOP)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _name(process: Process) -> str:
    words = process.args
    return str(words[0]) if isinstance(words, list) else str(words)


def _tail(log: Path) -> str:
    return log.read_text(errors="replace")[-_LAST:]
