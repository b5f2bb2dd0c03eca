# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""A figure passes at its bound, and fails beyond it or where nothing was measured."""

import pytest

from bench import figures
from bench.book import Book
from bench.figures import FIGURES, Figure


def book(gateway: float, nginx: float = 1.0, forwarder: float = 100.0) -> Book:
    made = Book()
    for who, cpu in (("gateway", gateway), ("nginx", nginx), ("forwarder", forwarder)):
        made.note("show", who, cpu=cpu)
    return made


def test_the_hot_get_may_cost_eight_times_nginx() -> None:
    hot = FIGURES[0]
    assert hot.verdict(book(8.0)).passed
    assert not hot.verdict(book(8.1)).passed


def test_the_hot_get_may_cost_a_tenth_of_the_forwarder() -> None:
    tenth = FIGURES[1]
    assert tenth.verdict(book(10.0)).passed
    assert not tenth.verdict(book(10.1)).passed


def test_a_list_is_judged_by_its_processor_time() -> None:
    made = Book()
    made.note("list 100", "gateway", cpu=0.1999)
    assert FIGURES[2].verdict(made).passed
    assert FIGURES[2].verdict(made).measured == "200"


@pytest.mark.parametrize(("two", "word"), [(17.0, "pass"), (16.0, "FAIL")])
def test_two_processes_do_more_than_one(two: float, word: str) -> None:
    made = Book()
    made.note("1 processes", "gateway", can=10.0)
    made.note("2 processes", "gateway", can=two)
    assert FIGURES[-1].verdict(made).word == word


@pytest.mark.parametrize("figure", FIGURES, ids=lambda figure: figure.title)
def test_what_was_not_measured_has_not_passed(figure: Figure) -> None:
    verdict = figure.verdict(Book())
    assert (verdict.word, verdict.measured) == ("FAIL", "not measured")


def test_a_ratio_needs_both_numbers() -> None:
    made = Book()
    made.note("show", "gateway", cpu=3.0)
    assert figures.ratio(made, "show", "cpu", "gateway", "nginx") is None
    made.note("show", "nginx", cpu=2.0)
    assert figures.ratio(made, "show", "cpu", "gateway", "nginx") == 1.5
