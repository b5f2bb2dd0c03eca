# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""What the numbers should be, as ratios wherever a ratio can say it."""

from collections.abc import Callable
from dataclasses import dataclass

from bench.book import Book
from bench.contenders import FORWARDER, GATEWAY, NGINX
from bench.scenarios import DOWN, HUNG, SHOW, UP, list_of, processes_of

_MIB = 1 << 20


@dataclass(frozen=True)
class Figure:
    """A number and its bound."""

    title: str
    value: Callable[[Book], float | None]
    bound: float
    at_most: bool = True
    form: str = "{:.1f}"

    def verdict(self, book: Book) -> "Verdict":
        """How it came out."""
        value = self.value(book)
        if value is None:
            return Verdict(self, None, passed=False)
        passed = value <= self.bound if self.at_most else value >= self.bound
        return Verdict(self, value, passed=passed)


@dataclass(frozen=True)
class Verdict:
    """A figure, measured."""

    figure: Figure
    value: float | None
    passed: bool

    @property
    def measured(self) -> str:
        """The number as text."""
        return "not measured" if self.value is None else self._text(self.value)

    @property
    def wanted(self) -> str:
        """The bound as text."""
        words = "at most" if self.figure.at_most else "at least"
        return f"{words} {self._text(self.figure.bound)}"

    @property
    def word(self) -> str:
        """The verdict as text."""
        return "pass" if self.passed else "FAIL"

    def _text(self, number: float) -> str:
        return self.figure.form.format(number)


def ratio(book: Book, what: str, name: str, who: str, to: str) -> float | None:
    """What one contender has of another's number."""
    one, other = book.median(what, who, name), book.median(what, to, name)
    return one / other if one is not None and other else None


def _ratio(what: str, name: str, to: str) -> Callable[[Book], float | None]:
    return lambda book: ratio(book, what, name, GATEWAY, to)


def _number(what: str, name: str, scale: float = 1.0) -> Callable[[Book], float | None]:
    def value(book: Book) -> float | None:
        number = book.median(what, GATEWAY, name)
        return None if number is None else number * scale

    return value


def _scaling(book: Book) -> float | None:
    one = book.median(processes_of(1), GATEWAY, "can")
    two = book.median(processes_of(2), GATEWAY, "can")
    return two / one if one and two else None


FIGURES: tuple[Figure, ...] = (
    Figure(
        "CPU of GET server, times nginx's",
        _ratio(SHOW, "cpu", NGINX),
        8,
        form="{:.2f}",
    ),
    Figure(
        "CPU of GET server, times the forwarder's",
        _ratio(SHOW, "cpu", FORWARDER),
        0.1,
        form="{:.3f}",
    ),
    Figure(
        "CPU of a list of 100 pods with 100 servers each, ms",
        _number(list_of(100), "cpu", 1000),
        200,
        form="{:.0f}",
    ),
    Figure(
        "Rate kept beside 200 calls to a hung pod",
        _number(HUNG, "kept"),
        0.8,
        at_most=False,
        form="{:.2f}",
    ),
    Figure(
        "CPU of 1 GiB to the client, times nginx's",
        _ratio(DOWN, "cpu", NGINX),
        1.6,
        form="{:.2f}",
    ),
    Figure(
        "CPU of 1 GiB from the client, times nginx's",
        _ratio(UP, "cpu", NGINX),
        1.6,
        form="{:.2f}",
    ),
    Figure("Memory for 1 GiB to the client, MiB", _number(DOWN, "grown", 1 / _MIB), 16),
    Figure("Memory for 1 GiB from the client, MiB", _number(UP, "grown", 1 / _MIB), 16),
    Figure(
        "What two processes can do, times one",
        _scaling,
        1.7,
        at_most=False,
        form="{:.2f}",
    ),
)
