# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""A round gives everybody each turn, and goes on where one could not be taken."""

from pathlib import Path

import pytest

from bench import scenarios
from bench.book import Book
from bench.contenders import Contender
from bench.errors import BenchError
from bench.scenarios import Round, round_
from bench.server import Server

_NOWHERE = Server(0, 0)
_EVERYONE = [Contender(name, _NOWHERE, _NOWHERE) for name in ("a", "b", "c")]


def show(run: Round, one: Contender) -> None:
    if one.name == "b":
        raise BenchError("one call failed")
    run.book.note("show", one.name, cpu=1.0)


class Ordered(Book):
    """Remembers who came when."""

    def __init__(self) -> None:
        super().__init__()
        self.order: list[str] = []

    def note(self, what: str, who: str, **numbers: float) -> None:
        self.order.append(who)
        super().note(what, who, **numbers)


def test_what_fails_is_left_out_and_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scenarios, "SCENARIOS", (show,))
    book = Ordered()
    errors = list(round_(Round(book, Path(), 0, 1), _EVERYONE))
    assert [str(error) for error in errors] == ["one call failed"]
    assert book.order == ["a", "c"]


def test_who_begins_changes_with_the_rounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scenarios, "SCENARIOS", (show,))
    book = Ordered()
    list(round_(Round(book, Path(), 2, 1), _EVERYONE))
    assert book.order == ["c", "a"]
