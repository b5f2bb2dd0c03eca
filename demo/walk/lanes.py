# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Lanes of commands, side by side; what they print comes in the order of the story."""

import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, field

from demo.walk.command import Command
from demo.walk.errors import WalkError
from demo.walk.runner import Runner
from demo.walk.screen import Screen
from demo.walk.step import Ask, Lane, Run
from demo.walk.waiting import PATIENCE

#: Commands that run at once. Clients use a core each while they start.
_WORKERS = 4
#: Seconds between looks at what runs.
_TICK = 0.2


@dataclass
class Outcome:
    """What came of a lane: its commands with their outputs, new facts, a failure."""

    done: list[tuple[Command, str]] = field(default_factory=list)
    facts: dict[str, str] = field(default_factory=dict)
    failure: WalkError | None = None


class Lanes:
    """Runs lanes and shows them."""

    def __init__(self, runner: Runner, screen: Screen) -> None:
        """Nothing runs yet."""
        self._runner = runner
        self._screen = screen
        self._running: dict[int, str] = {}

    def run(self, act: Run, facts: dict[str, str]) -> None:
        """Run lanes side by side, and add what they tell to the facts.

        Each is shown when it and those before it are done. The first failure is
        raised, with nothing left running.
        """
        pool = ThreadPoolExecutor(_WORKERS)
        try:
            futures = [
                pool.submit(self._lane, number, lane, dict(facts))
                for number, lane in enumerate(act.lanes)
            ]
            for future in futures:
                while not future.done():
                    self._screen.busy(list(self._running.values()))
                    wait([future], timeout=_TICK)
                self._screen.busy(list(self._running.values()))
                self._show(future.result())
                facts |= future.result().facts
        except BaseException:
            self._runner.stop()
            raise
        finally:
            self._screen.busy()
            pool.shutdown(cancel_futures=True)

    def _lane(self, number: int, lane: Lane, facts: dict[str, str]) -> Outcome:
        outcome = Outcome()
        for ask in lane:
            if ask.unless in facts:
                continue
            command = ask.command.filled(facts)
            self._running[number] = command.brief
            try:
                new = self._ask(ask, command, facts, outcome)
            except WalkError as error:
                outcome.failure = error
                break
            finally:
                del self._running[number]
            facts |= new
            outcome.facts |= new
        return outcome

    def _ask(
        self, ask: Ask, command: Command, facts: Mapping[str, str], outcome: Outcome
    ) -> dict[str, str]:
        """Run a command, perhaps again and again, and return the facts it told."""
        began = time.monotonic()
        while True:
            text = ""
            try:
                text = self._runner.run(command, facts)
                new = ask.check(text, facts)
            except WalkError:
                late = time.monotonic() - began > PATIENCE
                if ask.again and not late and not self._runner.stopped:
                    time.sleep(_TICK)
                    continue
                outcome.done.append((command, text))
                raise
            outcome.done.append((command, text))
            return new

    def _show(self, outcome: Outcome) -> None:
        for command, text in outcome.done:
            self._screen.command(command.typed())
            if not command.assigns:
                self._screen.output(text)
        if outcome.failure:
            raise outcome.failure
