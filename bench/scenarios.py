# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""What is measured. Each scenario is one round of it, for one contender.

A scenario notes numbers: ``cpu`` is seconds of processor time for one call, ``median``
and ``p99`` are latencies in seconds of one client that asks alone, ``rate`` is calls
per second of time on the wall, ``generator`` what share of a processor wrk took.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import cycle, islice
from pathlib import Path
from statistics import median
from time import perf_counter

from bench import answers, contenders, meter
from bench.book import Book
from bench.contenders import Contender
from bench.errors import BenchError
from bench.load import Ask, Load, ask, download, repeat, stuck, upload
from bench.nginx import STREAM
from bench.server import Server
from bench.stage import BIG, SLOW

SHOW, CREATE, MANY = "show", "create", "many"
HUNG, DOWN, UP = "hung", "down", "up"
_BUSY = 32
_MANY = 500
_FIRST = 5


def list_of(pods: int) -> str:
    """The name of the scenario that lists the servers of so many pods."""
    return f"list {pods}"


def page_of(pods: int) -> str:
    """The same, one page of a hundred servers."""
    return f"page {pods}"


def processes_of(count: int) -> str:
    """The name of the scenario that measures so many processes."""
    return f"{count} processes"


@dataclass(frozen=True)
class Round:
    """Where numbers go, and how long to measure."""

    book: Book
    directory: Path
    number: int
    seconds: int

    def ask(self, server: Server, paths: Sequence[str], connections: int) -> Load:
        """GET for a while."""
        return self.run(Ask(server.port, paths, connections, self.seconds))

    def run(self, what: Ask) -> Load:
        """Ask for a while."""
        return ask(what, self.directory)


Scenario = Callable[[Round, Contender], None]


def _paths(ids: Sequence[str]) -> list[str]:
    return [f"/v2.1/servers/{id}" for id in ids]


def _cost(run: Round, what: str, who: str, server: Server, asked: Ask) -> Load:
    """Ask, and note what a call cost."""
    before = meter.read(server.pid)
    load = run.run(asked)
    used = meter.read(server.pid).since(before)
    if load.requests:
        run.book.note(what, who, cpu=used.total / load.requests)
    run.book.note(what, who, rate=load.rate, generator=load.generator)
    return load


def _alone(run: Round, what: str, who: str, asked: Ask) -> None:
    """Ask one call after the other, and note how long each takes."""
    load = run.run(asked)
    run.book.note(what, who, median=load.median, p99=load.p99)


def show(run: Round, one: Contender) -> None:
    """GET a server, of which the route and the token's owner are known."""
    paths = _paths(contenders.fast_servers())
    asked = Ask(one.fast.port, paths, _BUSY, run.seconds)
    _cost(run, SHOW, one.name, one.fast, asked)
    _alone(run, SHOW, one.name, Ask(one.fast.port, paths, 1, 1))
    run.book.note(SHOW, one.name, memory=meter.memory(one.fast.pid))


def create(run: Round, one: Contender) -> None:
    """POST a server."""
    body = answers.text(answers.create("bench"))
    port, paths = one.fast.port, ["/v2.1/servers"]
    asked = Ask(port, paths, 4, run.seconds, "POST", body)
    _cost(run, CREATE, one.name, one.fast, asked)
    _alone(run, CREATE, one.name, Ask(port, paths, 1, 1, "POST", body))


def lists(run: Round, one: Contender) -> None:
    """List servers: all, which is a page of 1000 where there are more; and 100."""
    for pods, server in one.lists.items():
        for what, query in ((list_of(pods), ""), (page_of(pods), "?limit=100")):
            path, before = f"/v2.1/servers/detail{query}", meter.read(server.pid)
            # Some take so long that wrk would break off most of the work it caused.
            times = repeat(server.port, path, run.seconds / 2)
            used = meter.read(server.pid).since(before)
            cost = used.total / len(times)
            run.book.note(what, one.name, cpu=cost, median=median(times))


def many(run: Round, one: Contender) -> None:
    """500 connections, and pods that take 50 ms."""
    paths = _paths([contenders.slow_server(n) for n in range(SLOW)])
    # The forwarder has no room for so many, and some of its clients give up.
    asked = Ask(one.slow.port, paths, _MANY, run.seconds, may_fail=True)
    load = _cost(run, MANY, one.name, one.slow, asked)
    failed = load.failed / max(load.requests, 1)
    run.book.note(MANY, one.name, median=load.median, p99=load.p99, failed=failed)


def hung(run: Round, one: Contender) -> None:
    """What is left of the rate for other pods, when 200 calls wait for a hung one."""
    if not one.hung:
        return
    beside = one.hung[run.number]
    paths = _paths(contenders.fast_servers())
    usual = Ask(beside.calls.port, paths, _BUSY, run.seconds)
    download(beside.calls.port, paths[0])  # a fresh one has to begin with something
    before = _undisturbed(run, beside.calls, usual)
    ids = [contenders.hung_server(run.number, n) for n in range(contenders.STUCK)]
    with stuck(beside.stuck.port, _paths(ids)) as held:
        after = _undisturbed(run, beside.calls, replace(usual, may_fail=True))
        waiting = held.waiting()
    run.book.note(HUNG, one.name, kept=after / before, waiting=waiting)


def _undisturbed(run: Round, server: Server, asked: Ask) -> float:
    """Calls per second, without the time that the machine gave to others instead."""
    delayed = meter.delayed(server.pid)
    load = run.run(asked)
    delayed = meter.delayed(server.pid) - delayed
    good = max(load.requests - load.failed, 0)
    return good / max(load.seconds - delayed, load.seconds / 10)


def stream(run: Round, one: Contender) -> None:
    """1 GiB through it, one way and the other."""
    if one.sink is None:
        return  # the forwarder, as its forerunners, reads a body before it passes it on
    there, sink = contenders.fast_servers()[0], contenders.sink_server()
    _move(run, DOWN, one, partial(download, one.fast.port, _stream(there)))
    _move(run, UP, one, partial(upload, one.sink.port, _stream(sink), BIG))


def _stream(id: str) -> str:
    return f"/v2.1/servers/{id}/{STREAM}"


def _move(run: Round, what: str, one: Contender, move: Callable[[], object]) -> None:
    """Let a large body pass, and note what that took."""
    pid = one.fast.pid
    meter.forget_peak(pid)
    memory, before = meter.memory(pid), meter.read(pid)
    begun = perf_counter()
    move()
    rate = BIG / (perf_counter() - begun)
    used = meter.read(pid).since(before)
    grown = max(meter.peak(pid) - memory, 0)
    run.book.note(what, one.name, cpu=used.total, grown=grown, rate=rate)


def processes(run: Round, one: Contender) -> None:
    """What two processes can do, and what one can.

    A machine with few processors also runs the pods and wrk, so the rates are no
    measure. What is: how many calls were served for each second that the busiest
    process was on a processor, for with processors enough that one is the limit.
    """
    paths = _paths(contenders.fast_servers())
    for count, server in one.workers.items():
        before = meter.read(server.pid)
        load = run.ask(server, paths, 256)
        used = meter.read(server.pid).since(before)
        can = load.requests / used.busiest
        run.book.note(processes_of(count), one.name, can=can, rate=load.rate)


SCENARIOS: tuple[Scenario, ...] = (
    show,
    create,
    lists,
    show,  # again: its bound is the closest, and other work on the machine disturbs it
    many,
    stream,
    processes,
    hung,
)


def warm_up(run: Round, everyone: Sequence[Contender]) -> None:
    """Let each do once what it will be measured at: what is learned is learned.

    BenchError if somebody can't.
    """
    for one in everyone:
        # On a machine with much to do, a first create takes some seconds.
        create(replace(run, seconds=_FIRST), one)
        show(run, one)
        lists(replace(run, seconds=1), one)
        for server in one.workers.values():
            run.ask(server, _paths(contenders.fast_servers()), 256)


def round_(run: Round, everyone: Sequence[Contender]) -> Iterator[BenchError]:
    """Measure everything once; who begins changes with the rounds.

    What goes wrong is told and left out: one refused call is no reason to throw away
    all that was measured, and there are other rounds.
    """
    for scenario in SCENARIOS:
        first = run.number % len(everyone)
        for one in islice(cycle(everyone), first, first + len(everyone)):
            try:
                scenario(run, one)
            except BenchError as error:
                yield error
