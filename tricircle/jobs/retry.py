# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""How a run can end, and how long to wait then.

A handler that returns has made its resource agree. Otherwise it raises::

    Outcome
     +- Again        it agrees; look again after a while, though nobody asks
     +- Wait         not yet, and nothing is wrong: look again after a while
     +- Retry        not yet: try again, after a given or a growing time
     |   +- Unforeseen   for the handler raised what it should not
     +- Failed       no: only a new wish, or an operator, can help
     +- Interrupted  the run was broken off, through nobody's fault

Reasons are shown to operators: a sentence each, without secrets.
"""

import random
import re
from collections.abc import Callable
from dataclasses import dataclass

from oslo_utils import strutils

#: Where doubling stops, so that it can't overflow; the cap is reached long before.
_MOST_DOUBLINGS = 40
_LONGEST_REASON = 500
_LOGIN = re.compile(r"(?<=://)[^/\s@]+@")
#: Keystone's tokens: Fernet, or JWS.
_TOKEN = re.compile(r"\b(?:gAAAA[\w=-]{20,}|eyJ[\w-]+\.[\w-]+\.[\w-]+)")


class Outcome(Exception):
    """The end of a run that did not simply return."""


class Again(Outcome):
    """The resource agrees; run again in ``after`` seconds."""

    def __init__(self, after: float) -> None:
        super().__init__(f"again in {after:g} s")
        self.after = after


class Wait(Outcome):
    """The resource does not agree yet, though nothing is wrong: others are at it.

    ``reason`` says who. It counts as an attempt, so that a handler can lose patience.
    """

    def __init__(self, reason: str, after: float) -> None:
        super().__init__(reason)
        self.after = after


class Retry(Outcome):
    """The resource does not agree yet; ``reason`` says what is missing.

    The next run is in ``after`` seconds if that is given (the handler knows when a
    port will be up), and else after the job's back-off.
    """

    def __init__(self, reason: str = "", *, after: float | None = None) -> None:
        super().__init__(reason or "not yet")
        self.after = after


class Unforeseen(Retry):
    """The handler raised ``error``, which is none of these: a fault of ours."""

    def __init__(self, error: BaseException) -> None:
        super().__init__(sentence(error))


class Failed(Outcome):
    """The resource can't be made to agree as it is wanted; ``reason`` says why.

    The job waits for a new wish: a change of the resource, an audit or a redo.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)


class Interrupted(Outcome):
    """The run ended before it was over; the job is due at once."""


@dataclass(frozen=True)
class BackOff:
    """The wait after the n-th failure in a row: doubling, capped, and jittered.

    ``first`` and ``longest`` are seconds. ``chance`` gives numbers from 0 to 1.
    """

    first: float = 1.0
    longest: float = 300.0
    chance: Callable[[], float] = random.random

    def seconds(self, attempts: int) -> float:
        """Return how long to wait after ``attempts`` (from 1) failures.

        It is at least half of the undisturbed time, so that it still grows.
        """
        doublings = min(max(attempts - 1, 0), _MOST_DOUBLINGS)
        full = min(self.longest, self.first * 2.0**doublings)
        return full * (1 - self.chance() / 2)


def sentence(error: BaseException) -> str:
    """What to record of an error that a handler did not expect: one line.

    Services put URLs and answers into their messages: what looks like a password or
    a token is masked.
    """
    lines = str(error).strip().splitlines() or [""]
    return clean(f"{type(error).__name__}: {lines[0]}".rstrip(": "))


def clean(reason: str) -> str:
    """Return ``reason`` on one line, not too long, and without secrets."""
    text = strutils.mask_password(" ".join(reason.split()))
    text = _TOKEN.sub("***", _LOGIN.sub("***@", text))
    if len(text) > _LONGEST_REASON:
        text = text[: _LONGEST_REASON - 1] + "…"
    return text
