# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""What counts is the median of the rounds."""

from bench.book import Book


def test_the_median_of_the_rounds_counts() -> None:
    book = Book()
    for number in (9.0, 1.0, 2.0):
        book.note("show", "gateway", cpu=number)
    assert book.median("show", "gateway", "cpu") == 2.0


def test_what_was_not_measured_has_no_number() -> None:
    assert Book().median("show", "gateway", "cpu") is None


def test_the_most_is_sought_over_everything() -> None:
    book = Book()
    book.note("show", "nginx", generator=0.25)
    book.note("many", "gateway", generator=0.75, rate=1000)
    assert book.most("generator") == 0.75
