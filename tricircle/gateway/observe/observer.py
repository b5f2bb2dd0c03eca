# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Told of every request; tells those who want to know."""

import time
from collections.abc import Callable

from tricircle.gateway.intake import Scope
from tricircle.gateway.message import Answer
from tricircle.gateway.observe import audit
from tricircle.gateway.observe.access_log import AccessLog
from tricircle.gateway.observe.seen import Seen
from tricircle.gateway.observe.tally import Tally
from tricircle.gateway.spec import Service


class Observer:
    """Counts requests, and writes lines about them."""

    def __init__(
        self,
        access_log: AccessLog | None = None,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        """Write each request to ``access_log`` if there is one."""
        self.tally = Tally()
        self._access_log = access_log
        self._clock = clock

    def begun(self, service: Service, scope: Scope, request_id: str) -> Seen:
        """It has come."""
        self.tally.open += 1
        return Seen(service, scope, request_id, self._clock())

    def answered(self, seen: Seen, answer: Answer) -> None:
        """It has an answer, of which the client knows nothing yet.

        So that whatever a client was told has its line, whenever we die.
        """
        seen.answered(answer)
        if seen.writes:
            audit.tell(seen)

    def finished(self, seen: Seen) -> None:
        """The client has the answer, or will never have one."""
        seconds = self._clock() - seen.begun
        self.tally.open -= 1
        self.tally.finished(seen, seconds)
        if seen.answer is None and seen.writes:
            audit.tell(seen)
        if self._access_log is not None:
            self._access_log.add(seen, seconds)
