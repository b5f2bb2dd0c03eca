# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Counts of a worker's runs, for Prometheus."""

from prometheus_client import Counter, Histogram
from prometheus_client.registry import Collector

from tricircle.jobs.retry import Outcome
from tricircle.monitoring.bounds import JOB_BOUNDS

_DONE, _LOST = "done", "lost"


class Tally:
    """The counts of a worker; its threads count at once."""

    def __init__(self) -> None:
        self._runs = Counter(
            "tricircle_job_runs",
            "Runs of jobs, by what they came to",
            ("kind", "outcome"),
            registry=None,
        )
        self._seconds = Histogram(
            "tricircle_job_run_seconds",
            "From a job's being claimed to its end's being written down",
            ("kind",),
            buckets=JOB_BOUNDS,
            registry=None,
        )
        self._take_overs = Counter(
            "tricircle_job_take_overs",
            "Jobs that were found with a worker that fell silent",
            ("kind",),
            registry=None,
        )

    @property
    def collectors(self) -> tuple[Collector, ...]:
        """What shows the counts."""
        return (self._runs, self._seconds, self._take_overs)

    def ended(
        self, kind: str, outcome: Outcome | None, seconds: float, *, ours: bool
    ) -> None:
        """Count a run; it was not ``ours`` to end if the job was taken over."""
        name = type(outcome).__name__.lower() if outcome is not None else _DONE
        self._runs.labels(kind, name if ours else _LOST).inc()
        self._seconds.labels(kind).observe(seconds)

    def taken_over(self, kind: str) -> None:
        """Count a job whose worker fell silent."""
        self._take_overs.labels(kind).inc()
