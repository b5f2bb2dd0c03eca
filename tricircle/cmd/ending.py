# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""How ``tricircle-gateway`` ends, in one process or in several.

A process that does not serve yet has nothing to end in good order: a signal does what
signals do by themselves, and ends it at once. As soon as it may be called, a signal
makes ``/healthcheck`` say that it stops; some time later it takes no new connection,
and it ends when the calls under way have their answers. More signals change nothing,
for some who stop a service tell each of its processes, and we tell them, too.

A handler that only notes the signal is never installed before someone reads the note:
there is no moment in which a signal is lost.
"""

import asyncio
import multiprocessing
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import wait

import uvicorn

_SIGNALS = (signal.SIGTERM, signal.SIGINT)


class Server(uvicorn.Server):
    """A server that leaves signals to `in_good_order`."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Do nothing where uvicorn would install handlers of its own."""
        yield


def at_once() -> None:
    """Let signals end this process as it is, without a traceback."""
    for number in _SIGNALS:
        signal.signal(number, signal.SIG_DFL)


def in_good_order(server: Server, stopping: Callable[[], None], drain: float) -> None:
    """Let a signal end ``server``, or our parent's end; call it in the server's loop.

    ``stopping`` is called then; ``drain`` seconds later no connection is taken.
    """
    loop = asyncio.get_running_loop()
    asked = False

    def end() -> None:
        server.should_exit = True

    def ask() -> None:
        nonlocal asked
        if not asked:
            asked = True
            stopping()
            loop.call_later(drain, end)

    for number in _SIGNALS:
        loop.add_signal_handler(number, ask)
    parent = multiprocessing.parent_process()
    if parent is not None:
        sentinel = parent.sentinel

        def orphaned() -> None:
            loop.remove_reader(sentinel)
            ask()

        loop.add_reader(sentinel, orphaned)


def processes(count: int, work: Callable[[int], None]) -> int:
    """Run ``work`` in as many processes, each with its number from 0 on.

    They end at a signal; when one ends by itself, all do, for whoever started us to
    see. Returns the exit status: 0 if it was asked for, and none of them failed.
    """
    # A signal must not come between a process's start and our knowing of it: it only
    # writes into this socket, which is read when there is time.
    told, tell = socket.socketpair()
    with told, tell:
        tell.setblocking(False)
        signal.set_wakeup_fd(tell.fileno(), warn_on_full_buffer=False)
        for number in _SIGNALS:
            signal.signal(number, lambda *_: None)
        try:
            return _run(count, work, told)
        finally:
            at_once()
            signal.set_wakeup_fd(-1)


def _run(count: int, work: Callable[[int], None], told: socket.socket) -> int:
    context = multiprocessing.get_context("spawn")
    started = [
        # Whatever becomes of us, none of them stays behind.
        context.Process(
            target=work, args=(number,), name=f"gateway-{number}", daemon=True
        )
        for number in range(count)
    ]
    for process in started:
        process.start()
    asked = told in wait([told, *(process.sentinel for process in started)])
    for process in started:
        process.terminate()
    for process in started:
        process.join()
    failed = any(process.exitcode not in {0, -signal.SIGTERM} for process in started)
    return 0 if asked and not failed else 1
