# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Who is measured, each as an operator would run it, in one process.

The gateway is the real program over SQLite. Its settings are the defaults, so that all
that it does for safety (checks, bulkheads, breakers, routes) is paid for; it shows
metrics and writes an access log.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bench import answers, database, gateway, installation, nginx
from bench.addresses import HOST, free_ports, origin
from bench.database import Pod
from bench.processes import running
from bench.server import Server, Started
from bench.stage import FAST, Stage, start_nginx

DIRECT, NGINX, FORWARDER, GATEWAY = "pod", "nginx", "forwarder", "gateway"
SERVERS = 100
"""Servers of a fast pod that are asked for."""
STUCK = 200
"""Calls that a hung pod does not answer."""
WORKERS = (1, 2)
LISTS = (2, 10, 100)
"""Pods whose lists are merged."""
_THREADS = 32


@dataclass(frozen=True)
class Beside:
    """One program, where it leads to a hung pod and where to others."""

    calls: Server
    stuck: Server


@dataclass(frozen=True)
class Contender:
    """One way to reach pods."""

    name: str
    fast: Server
    slow: Server
    hung: Sequence[Beside] = ()
    """By round, for each has its own hung pod."""
    lists: Mapping[int, Server] = field(default_factory=dict)
    """By the number of pods."""
    sink: Server | None = None
    """The same program as ``fast``; where it takes bodies that are large."""
    workers: Mapping[int, Server] = field(default_factory=dict)
    """By the number of processes: programs that did nothing else before."""


def slow_server(pod: int) -> str:
    """The id of a slow pod's server."""
    return answers.server_id(200 + pod, 0)


def sink_server() -> str:
    """The id of a server where large bodies may be posted."""
    return answers.server_id(0, 0)


def hung_server(round_: int, number: int) -> str:
    """The id of a hung pod's server."""
    return answers.server_id(500 + round_, number)


def fast_servers() -> list[str]:
    """The ids of the fast pods' servers."""
    return [
        answers.server_id(pod, n) for n in range(SERVERS) for pod in range(1, FAST + 1)
    ]


@contextmanager
def contenders(stage: Stage, uwsgi: Path) -> Iterator[list[Contender]]:
    """Start all of them."""
    with ExitStack() as stack:
        data = stage.directory / "main.db"
        database.make(data, stage.central, _pods(stage))
        by_lists = {}
        for count in LISTS:
            by_lists[count] = stage.directory / f"{count}.db"
            database.make(by_lists[count], stage.central, _listing(stage, count))
        proxy = stack.enter_context(_nginx(stage))
        forwarder = _forwarder(stage, stack, uwsgi, data, by_lists)
        ours = _gateway(stage, stack, data, by_lists)
        yield [_direct(stage), proxy, forwarder(), ours()]


def _direct(stage: Stage) -> Contender:
    return Contender(
        DIRECT,
        Server(stage.fast_pid, stage.fast[0]),
        Server(stage.slow_pid, stage.slow[0]),
    )


@contextmanager
def _nginx(stage: Stage) -> Iterator[Contender]:
    fast, slow, sink, *hung = free_ports(3 + len(stage.hung))
    ways = [(fast, stage.fast), (slow, stage.slow), (sink, [stage.sink])]
    ways += [(port, [behind]) for port, behind in zip(hung, stage.hung, strict=True)]
    home = stage.directory / "proxy"
    with start_nginx(home, nginx.proxy(home, ways), [fast, slow, sink, *hung]) as pid:
        yield Contender(
            NGINX,
            Server(pid, fast),
            Server(pid, slow),
            [Beside(Server(pid, fast), Server(pid, port)) for port in hung],
            sink=Server(pid, sink),
        )


def _forwarder(
    stage: Stage,
    stack: ExitStack,
    uwsgi: Path,
    data: Path,
    by_lists: Mapping[int, Path],
) -> Callable[[], Contender]:
    """Start it; what is given waits until it is there."""

    def start(name: str, file: Path) -> Started:
        (port,) = free_ports(1)
        settings = {
            "FORWARDER_DATABASE": f"sqlite:///{file}",
            "FORWARDER_KEYSTONE": f"{origin(stage.keystone)}/v3",
        }
        words: list[str | Path] = [uwsgi, "--http-socket", f"{HOST}:{port}"]
        words += ["--processes", "1", "--threads", str(_THREADS), "--listen", "1024"]
        words += ["--die-on-term", "--disable-logging", "--need-app"]
        words += ["--add-header", "Connection: close"]
        words += ["--wsgi-file", installation.SOURCE / "bench" / "forwarder" / "app.py"]
        log = stage.log(f"forwarder-{name}")
        return Started(stack.enter_context(running(words, log, settings)), port, log)

    main = start("main", data)
    lists = {count: start(str(count), file) for count, file in by_lists.items()}
    # Its threads stay stuck until they give up: those of a round are not used again.
    hung = [start(f"hung-{n}", data) for n in range(len(stage.hung))]

    def contender() -> Contender:
        server = main.server()
        beside = [Beside(one, one) for one in (each.server() for each in hung)]
        return Contender(FORWARDER, server, server, beside, _servers(lists))

    return contender


def _gateway(
    stage: Stage, stack: ExitStack, data: Path, by_lists: Mapping[int, Path]
) -> Callable[[], Contender]:
    """Start it; what is given waits until it is there."""

    def start(name: str, file: Path, workers: int = 1) -> Started:
        return stack.enter_context(gateway.run(stage, name, file, workers))

    main = start("main", data)
    workers = {count: start(f"workers-{count}", data, count) for count in WORKERS}
    lists = {count: start(str(count), file) for count, file in by_lists.items()}

    def contender() -> Contender:
        server = main.server()
        beside = [Beside(server, server)] * len(stage.hung)
        return Contender(
            GATEWAY,
            server,
            server,
            beside,
            _servers(lists),
            server,
            _servers(workers),
        )

    return contender


def _servers(started: Mapping[int, Started]) -> dict[int, Server]:
    return {count: one.server() for count, one in started.items()}


def _pods(stage: Stage) -> list[Pod]:
    pods = [
        Pod(
            f"Pod{n}", f"az{n}", port, [answers.server_id(n, i) for i in range(SERVERS)]
        )
        for n, port in enumerate(stage.fast, 1)
    ]
    pods += [
        Pod(f"Slow{n}", "slow", port, [slow_server(n)])
        for n, port in enumerate(stage.slow)
    ]
    pods.append(Pod("Sink", "sink", stage.sink, [sink_server()]))
    pods += [
        Pod(f"Hung{n}", "hung", port, [hung_server(n, i) for i in range(STUCK)])
        for n, port in enumerate(stage.hung)
    ]
    return pods


def _listing(stage: Stage, count: int) -> list[Pod]:
    ports = enumerate(stage.listing[:count])
    return [Pod(f"Pod{n:03}", f"az{n:03}", port, []) for n, port in ports]
