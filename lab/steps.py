# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Steps that run side by side, each as soon as what it needs is done."""

import time
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from graphlib import TopologicalSorter
from typing import Protocol

_WORKERS = 16


@dataclass(frozen=True)
class Step:
    """Something to do. ``action`` must do nothing when it is done already."""

    name: str
    action: Callable[[], None]
    needs: tuple[str, ...] = ()


class Observer(Protocol):
    """Is told how the steps go, from the thread that called :func:`run`."""

    def started(self, step: str) -> None:
        """A step began."""

    def finished(self, step: str, seconds: float) -> None:
        """A step ended well, after so many seconds."""

    def failed(self, step: str, seconds: float) -> None:
        """A step raised; :func:`run` raises the same when the others have ended."""


def run(steps: Iterable[Step], observer: Observer, abandon: Callable[[], None]) -> None:
    """Run all steps; the first failure, or an interrupt, is raised in the end.

    After it no step starts. ``abandon`` is called once, at once, so that steps
    that still wait for something give up; then their end is awaited.
    ValueError if a step needs one that does not exist; graphlib.CycleError if
    steps need each other in a circle.
    """
    by_name = {step.name: step for step in steps}
    for step in by_name.values():
        unknown = set(step.needs) - set(by_name)
        if unknown:
            raise ValueError(f"step {step.name!r} needs unknown {sorted(unknown)}")
    order = TopologicalSorter({name: step.needs for name, step in by_name.items()})
    order.prepare()
    running: dict[Future[None], tuple[str, float]] = {}

    def launch() -> None:
        for name in order.get_ready():
            observer.started(name)
            running[pool.submit(by_name[name].action)] = (name, time.monotonic())

    def collect() -> None:
        for future in wait(running, return_when=FIRST_COMPLETED).done:
            name, began = running.pop(future)
            seconds = time.monotonic() - began
            if future.exception():
                observer.failed(name, seconds)
            else:
                observer.finished(name, seconds)
                order.done(name)
            future.result()

    with ThreadPoolExecutor(_WORKERS) as pool:
        try:
            while order.is_active():
                launch()
                collect()
        except BaseException:
            abandon()
            raise
