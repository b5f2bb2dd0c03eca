# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""The tables have what was measured, in its units, and a dash for what was not."""

from datetime import UTC, datetime
from pathlib import Path

from bench import report
from bench.book import Book
from bench.report import Made

GOLDEN = Path(__file__).parents[2] / "golden" / "bench" / "benchmarks.rst"


def book() -> Book:
    made = Book()
    for who, cpu in (("pod", 8e-6), ("nginx", 25e-6), ("gateway", 100e-6)):
        made.note("show", who, cpu=cpu, rate=1 / cpu, generator=0.5)
    return made


def test_a_line_has_each_contender_and_the_ratios() -> None:
    line = report.table(book())[0]
    assert line == ("GET server: CPU, µs", "8", "25", "-", "100", "4", "-")


def test_the_screen_judges() -> None:
    lines = report.screen(book()).splitlines()
    assert "pass  CPU of GET server, times nginx's: 4.00 (at most 8.00)" in lines


def test_the_generator_is_shown_to_be_no_bottleneck() -> None:
    assert "at most 50% of one processor" in report.generator(book())
    assert "12.5 times the gateway's rate" in report.generator(book())


MADE = Made(
    "make bench WRITE=1",
    datetime(2026, 11, 5, tzinfo=UTC),
    "2 processors with a load of 0.1 before it began, Python 3.13.0",
    3,
)


def whole_book() -> Book:
    """Round numbers of all that is measured, a little more of each for the next."""
    made = Book()
    for factor, who in enumerate(("pod", "nginx", "forwarder", "gateway"), 1):
        for what in ("show", "create", "many"):
            made.note(what, who, cpu=factor / 1e5, rate=1000 / factor, generator=0.25)
            made.note(what, who, median=factor / 1e3, p99=factor / 1e2)
        made.note("show", who, memory=factor * 2.0**24)
        if who in {"forwarder", "gateway"}:
            for pods in (2, 10, 100):
                for what in (f"list {pods}", f"page {pods}"):
                    made.note(what, who, cpu=pods / 1e3, median=pods / 5e2)
        if who in {"nginx", "gateway"}:
            for what in ("down", "up"):
                made.note(what, who, cpu=factor / 4, grown=factor * 2.0**20)
        if who != "pod":
            made.note("hung", who, kept=1 / factor, waiting=200)
    made.note("1 processes", "gateway", can=1000, rate=400)
    made.note("2 processes", "gateway", can=1800, rate=500)
    return made


def test_the_page_reads_as_it_should() -> None:
    assert report.document(whole_book(), MADE) == GOLDEN.read_text()


def test_the_page_has_a_cell_for_each_column() -> None:
    page = report.document(book(), MADE)
    measured = page.partition("\nMeasured\n")[2].splitlines()
    rows = sum(line.startswith("   * -") for line in measured)
    cells = sum(line.startswith("     -") for line in measured)
    assert (rows, cells) == (1 + len(report.table(book())), rows * 6)
    assert "   * - GET server: CPU, µs" in measured
