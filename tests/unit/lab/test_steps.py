# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors

import threading
from graphlib import CycleError

import pytest

from lab.steps import Step, run


class Diary:
    """An observer that writes down what it is told."""

    def __init__(self) -> None:
        self.entries: list[tuple[str, str]] = []

    def started(self, step: str) -> None:
        self.entries.append(("started", step))

    def finished(self, step: str, seconds: float) -> None:
        assert seconds >= 0
        self.entries.append(("finished", step))

    def failed(self, step: str, seconds: float) -> None:
        assert seconds >= 0
        self.entries.append(("failed", step))


def nothing() -> None:
    pass


def test_a_step_waits_for_what_it_needs() -> None:
    diary = Diary()
    run([Step("roof", nothing, ("wall",)), Step("wall", nothing)], diary, nothing)
    assert diary.entries == [
        ("started", "wall"),
        ("finished", "wall"),
        ("started", "roof"),
        ("finished", "roof"),
    ]


def test_independent_steps_run_side_by_side() -> None:
    meeting = threading.Barrier(2, timeout=10)

    def meet() -> None:
        meeting.wait()

    run([Step("one", meet), Step("other", meet)], Diary(), nothing)


def test_after_a_failure_nothing_starts_and_what_runs_may_end() -> None:
    abandoned, ended = threading.Event(), threading.Event()

    def fail() -> None:
        raise RuntimeError("no bricks")

    def go_on() -> None:
        assert abandoned.wait(10)
        ended.set()

    diary = Diary()
    steps = [
        Step("wall", fail),
        Step("garden", go_on),
        Step("roof", nothing, ("wall",)),
    ]
    with pytest.raises(RuntimeError, match="no bricks"):
        run(steps, diary, abandoned.set)
    assert ended.is_set()
    assert ("failed", "wall") in diary.entries
    assert ("started", "roof") not in diary.entries


def test_an_unknown_need_is_refused_before_anything_runs() -> None:
    diary = Diary()
    with pytest.raises(ValueError, match=r"'roof' needs unknown \['wall'\]"):
        run([Step("roof", nothing, ("wall",))], diary, nothing)
    assert diary.entries == []


def test_a_circle_is_refused() -> None:
    with pytest.raises(CycleError):
        run([Step("a", nothing, ("b",)), Step("b", nothing, ("a",))], Diary(), nothing)
