# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Counts of calls, for Prometheus."""

from prometheus_client import Counter, Histogram
from prometheus_client.registry import Collector

from tricircle.monitoring import labels
from tricircle.monitoring.bounds import BOUNDS


class Tally:
    """The counts of a process; its threads count at once."""

    def __init__(self) -> None:
        self._requests = Counter(
            "tricircle_api_requests",
            "Operators' calls that were answered",
            ("method", "route", "status"),
            registry=None,
        )
        self._seconds = Histogram(
            "tricircle_api_request_seconds",
            "From a call's coming to its answer",
            ("method", "route"),
            buckets=BOUNDS,
            registry=None,
        )

    @property
    def collectors(self) -> tuple[Collector, ...]:
        """What shows the counts."""
        return (self._requests, self._seconds)

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a call; ``route`` is empty where no path was looked for, or found."""
        known = labels.method(method)
        self._requests.labels(known, route, status).inc()
        self._seconds.labels(known, route).observe(seconds)
