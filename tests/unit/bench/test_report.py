# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""The tables have what was measured, in its units, and a dash for what was not."""

from bench import report
from bench.book import Book


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
    assert "pass  CPU of GET server, times nginx's: 4.0 (at most 8.0)" in lines


def test_the_generator_is_shown_to_be_no_bottleneck() -> None:
    assert "at most 50% of one processor" in report.generator(book())
    assert "12.5 times the gateway's rate" in report.generator(book())


def test_the_page_tells_the_command_and_the_machine() -> None:
    page = report.document(book(), "make bench", "2 processors", 3)
    assert "``make bench`` wrote this page, on 2 processors." in page
    assert "median of 3 rounds" in page


def test_the_page_has_a_cell_for_each_column() -> None:
    page = report.document(book(), "make bench", "2 processors", 3)
    measured = page.partition("Measured\n")[2].splitlines()
    rows = sum(line.startswith("   * -") for line in measured)
    cells = sum(line.startswith("     -") for line in measured)
    assert (rows, cells) == (1 + len(report.table(book())), rows * 6)
    assert "   * - GET server: CPU, µs" in measured
