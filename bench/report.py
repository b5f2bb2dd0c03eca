# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""The numbers as tables: for the screen, and for the documents. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bench.book import Book
from bench.contenders import DIRECT, FORWARDER, GATEWAY, LISTS, NGINX
from bench.figures import FIGURES, Verdict, ratio
from bench.scenarios import (
    CREATE,
    DOWN,
    HUNG,
    MANY,
    SHOW,
    UP,
    list_of,
    page_of,
    processes_of,
)

_MICRO, _MILLI = 1e6, 1e3
_MIB = 1 / (1 << 20)
_WHO = (DIRECT, NGINX, FORWARDER, GATEWAY)


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    title: str
    what: str
    name: str
    scale: float = 1.0
    form: str = "{:.1f}"


def _rows() -> list[Row]:
    rows = []
    for title, what in (("GET server", SHOW), ("POST server", CREATE)):
        rows += [
            Row(f"{title}: CPU, µs", what, "cpu", _MICRO, "{:.0f}"),
            Row(f"{title}: latency alone, ms", what, "median", _MILLI, "{:.2f}"),
            Row(f"{title}: the same, 99th percentile", what, "p99", _MILLI, "{:.2f}"),
        ]
    rows.append(Row("GET server: calls/s of 32 clients", SHOW, "rate", form="{:.0f}"))
    for pods in LISTS:
        for title, what in (
            (f"List of {pods} pods", list_of(pods)),
            (f"Page of 100, of {pods} pods", page_of(pods)),
        ):
            rows += [
                Row(f"{title}: CPU, ms", what, "cpu", _MILLI),
                Row(f"{title}: latency, ms", what, "median", _MILLI),
            ]
    return [
        *rows,
        Row("500 clients, 50 ms: CPU, µs", MANY, "cpu", _MICRO, "{:.0f}"),
        Row("500 clients, 50 ms: calls/s", MANY, "rate", form="{:.0f}"),
        Row("500 clients, 50 ms: median latency, ms", MANY, "median", _MILLI),
        Row("500 clients, 50 ms: 99th percentile, ms", MANY, "p99", _MILLI),
        Row("Hung pod: calls that wait for it", HUNG, "waiting", form="{:.0f}"),
        Row("Hung pod: rate kept for others, %", HUNG, "kept", 100, "{:.0f}"),
        Row("1 GiB to the client: CPU, s", DOWN, "cpu", form="{:.2f}"),
        Row("1 GiB to the client: memory, MiB", DOWN, "grown", _MIB),
        Row("1 GiB from the client: CPU, s", UP, "cpu", form="{:.2f}"),
        Row("1 GiB from the client: memory, MiB", UP, "grown", _MIB),
        Row("Memory after GETs, MiB", SHOW, "memory", _MIB, "{:.0f}"),
    ]


HEAD = ("", "pod itself", NGINX, FORWARDER, GATEWAY, "times nginx", "times forwarder")


def table(book: Book) -> list[tuple[str, ...]]:
    """Lines of cells, without the head."""
    return [_cells(book, row) for row in _rows()]


def _cells(book: Book, row: Row) -> tuple[str, ...]:
    numbers = [book.median(row.what, who, row.name) for who in _WHO]
    cells = ["-" if n is None else row.form.format(n * row.scale) for n in numbers]
    ratios = [
        ratio(book, row.what, row.name, GATEWAY, other) for other in (NGINX, FORWARDER)
    ]
    return (row.title, *cells, *("-" if r is None else f"{r:.3g}" for r in ratios))


def verdicts(book: Book) -> list[Verdict]:
    """What is wanted of the gateway, and how it came out."""
    return [figure.verdict(book) for figure in FIGURES]


def generator(book: Book) -> str:
    """Why wrk was not what limited the rates."""
    most = book.most("generator")
    times = ratio(book, SHOW, "rate", DIRECT, GATEWAY) or 0.0
    return (
        f"The load generator took at most {most:.0%} of one processor, and got"
        f" {times:.1f} times the gateway's rate out of a pod itself."
    )


def rates(book: Book) -> str:
    """What two processes did on this machine, beside what they can do."""
    one = book.median(processes_of(1), GATEWAY, "rate") or 0.0
    two = book.median(processes_of(2), GATEWAY, "rate") or 0.0
    return (
        f"Two processes served {two:.0f} calls/s here, one {one:.0f}, beside wrk and"
        " the pods."
    )


def screen(book: Book) -> str:
    """For whoever waits for it."""
    lines = [HEAD, *table(book)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(HEAD))]
    text = [
        "  ".join(
            cell.ljust(width) if i == 0 else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    ]
    judged = [
        f"{v.word}  {v.figure.title}: {v.measured} ({v.wanted})" for v in verdicts(book)
    ]
    return "\n".join([*text, "", generator(book), rates(book), "", *judged])


@dataclass(frozen=True)
class Made:
    """How the numbers were made."""

    command: str
    when: datetime
    where: str
    """The machine, and versions."""
    rounds: int


def document(book: Book, made: Made) -> str:
    """For the documents."""
    title = "What the gateway costs"
    when = f"{made.when.day} {made.when:%B %Y}"
    judged = [(v.figure.title, v.measured, v.wanted, v.word) for v in verdicts(book)]
    return "\n".join(
        [
            "=" * len(title),
            title,
            "=" * len(title),
            "",
            f"``{made.command}`` wrote this page on {when}, on {made.where}.",
            "Run it for your own: times are the machine's, ratios are the software's.",
            "",
            _ABOUT.format(rounds=made.rounds),
            "Judged",
            "------",
            "What is wanted of the gateway. The command fails where it is not so.",
            *_list_table(("", "measured", "wanted", ""), judged),
            "Measured",
            "--------",
            *_list_table(HEAD, table(book)),
            generator(book),
            rates(book),
            "",
        ]
    )


_ABOUT = """\
Who is compared
---------------
pod itself
   A simulated pod: nginx, which answers from memory as Nova would. What a client sees
   without anything between.

nginx
   A plain reverse proxy, which knows nothing of pods. It is as cheap as passing a call
   on can be. It merges no lists.

forwarder
   How the gateway's forerunners worked, written for this comparison: Pecan,
   keystonemiddleware, SQLAlchemy and keystoneauth, in uWSGI with 32 threads. It reads
   a body before it passes it on, so nothing streams through it.

gateway
   ``tricircle-gateway``, one process with its default settings, its metrics, its
   access log and its audit, over SQLite.

How it is measured
------------------
CPU is processor time that the kernel counted for the contender's processes, for one
call. No number suffers less from other work on the machine, but caches are shared, and
who needs more of them loses more: a busy machine makes the gateway look a fifth dearer
beside nginx. Contenders take turns; each number is the median of {rounds} rounds.
Latencies are those of one client that asks alone, but for the 500, and contain whatever
else the machine did.

GET server
   The token and the route are known, as they nearly always are.

Lists
   Of pods with 100 servers each. A list without a limit ends after 1000 servers, but
   all that the pods have is read for it.

POST server
   A whole create: the gateway reads the flavor and the limits in the central region,
   chooses the pod, and writes the intent, what it takes of the quota, and the route, to
   disk. These are 19 statements in three transactions, and they are nearly all that it
   takes. The forwarder checks nothing, and writes one row.

500 clients
   They ask ten pods, which take 50 ms for an answer.

Hung pod
   200 calls to it, of which at most 192 wait, as ``[gateway] pod_concurrency`` and
   ``pod_backlog`` have it. The rate kept for other pods leaves out the time for which
   the machine gave the processor to others.

Processes
   What a number of them can do is calls for each second of the busiest one, for a
   machine with few processors also has to run the clients and the pods.
"""


def _list_table(head: Sequence[str], lines: Sequence[Sequence[str]]) -> list[str]:
    text = ["", ".. list-table::", "   :header-rows: 1", ""]
    for line in (head, *lines):
        for number, cell in enumerate(line):
            text.append(f"   {'* -' if number == 0 else '  -'} {cell}".rstrip())
    return [*text, ""]
