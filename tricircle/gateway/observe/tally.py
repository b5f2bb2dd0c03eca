# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Counts of requests, and of the time that they took."""

from typing import TypeAlias

from tricircle.gateway.observe.seen import Seen
from tricircle.gateway.observe.times import Times
from tricircle.monitoring import labels

Key: TypeAlias = tuple[str, str, str, str, int]
"""Service, method, route, pod, status."""


class Tally:
    """The counts of a process."""

    def __init__(self) -> None:
        self.open = 0
        """Requests that have no answer yet."""
        self.requests: dict[Key, Times] = {}

    def finished(self, seen: Seen, seconds: float) -> None:
        """Count a request."""
        draft, answer = seen.draft, seen.answer
        # Paths that nothing serves are one route, or anybody could fill our memory.
        match = draft.match if draft is not None else None
        key = (
            seen.service.type,
            seen.scope["method"],
            match.action.path if match is not None else "",
            answer.region if answer is not None else "",
            seen.status,
        )
        times = self.requests.get(key)
        if times is None:
            times = self._new(key)
        times.add(seconds)

    def _new(self, key: Key) -> Times:
        service, method, route, pod, status = key
        key = (service, labels.method(method), route, pod, status)
        return self.requests.setdefault(key, Times())
