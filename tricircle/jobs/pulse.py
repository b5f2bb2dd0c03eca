# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Whether a worker is alive: its loop turns, and reaches the database."""

import time
from collections.abc import Callable

#: Seconds that a look for jobs may take, with a database that is slow to answer.
_SLOW = 60.0


class Pulse:
    """Told of each turn of a loop that is to turn every ``seconds``; asked how it is.

    Both may be done from any thread.
    """

    def __init__(
        self, seconds: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._most = seconds + _SLOW
        self._clock = clock
        self._turned = clock()
        self._trouble: str | None = None

    def turned(self, trouble: str | None = None) -> None:
        """Note a turn, and what was in its way."""
        self._trouble = trouble
        self._turned = self._clock()

    def ailment(self) -> str | None:
        """Return what is wrong, in a sentence; None: nothing."""
        silent = self._clock() - self._turned
        if silent > self._most:
            return f"this worker has not looked for jobs for {silent:.0f} s"
        return self._trouble
