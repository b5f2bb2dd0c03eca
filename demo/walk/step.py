# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""What a walk consists of, as data: steps of acts, commands and waiting."""

from dataclasses import dataclass

from demo.walk.command import Command
from demo.walk.expectations import Check, anything


@dataclass(frozen=True)
class Ask:
    """Run a command and check what it prints.

    ``unless`` names a fact that makes the command needless. With ``again`` it is
    run again until the check holds, for a while: there is no state to wait for.
    """

    command: Command
    check: Check = anything
    unless: str = ""
    again: bool = False


#: Commands one after another.
Lane = tuple[Ask, ...]


@dataclass(frozen=True)
class Run:
    """Lanes of commands, side by side."""

    lanes: tuple[Lane, ...]


@dataclass(frozen=True)
class Await:
    """Wait until all things of a kind have the wanted state.

    Kinds: ``server`` and ``volume`` with their status, or ``gone``; ``address`` of
    a server, ``set`` once it has it; ``pod``, ``empty`` of what the walk made.
    """

    kind: str
    names: tuple[str, ...]
    wanted: str


@dataclass(frozen=True)
class Clear:
    """Remove what a walk that was killed has left, and see that the names are free.

    Before the pods are registered users are not served, and nothing can be left.
    """


@dataclass(frozen=True)
class Step:
    """A part of the walk; ``text`` tells what it shows."""

    title: str
    text: str
    acts: tuple[Run | Await | Clear, ...]


def run(*asks: Ask | Lane) -> Run:
    """Commands side by side; those in a tuple one after another."""
    return Run(tuple((ask,) if isinstance(ask, Ask) else ask for ask in asks))
