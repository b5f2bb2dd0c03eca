# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""How jobs and pods stand, for Prometheus: read from the database when it asks.

It is the same from all workers, for the database is the same.
"""

from collections.abc import Iterator, Sequence
from datetime import timedelta

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy.orm import Session

from tricircle.db.engine import Database
from tricircle.db.errors import DatabaseUnavailable
from tricircle.db.models import Pod, now
from tricircle.jobs import census
from tricircle.jobs.census import Group, Stage
from tricircle.pods import registry
from tricircle.pods.health import Condition


class Exposition(Collector):
    """Makes metrics of what the database has."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def collect(self) -> Iterator[Metric]:
        """Yield each kind of metric; while the database is away, only that it is."""
        reached = GaugeMetricFamily(
            "tricircle_database_up", "1: the database answers; 0: it does not"
        )
        try:
            with self._database.read() as session:
                groups, pods = _read(session)
        except DatabaseUnavailable:
            reached.add_metric((), 0)
            yield reached
            return
        reached.add_metric((), 1)
        yield reached
        yield from _jobs(groups)
        yield from _pods(pods)


def _read(session: Session) -> tuple[Sequence[Group], Sequence[Pod]]:
    return census.count(session), registry.pods(session)


def _jobs(groups: Sequence[Group]) -> Iterator[Metric]:
    jobs = GaugeMetricFamily(
        "tricircle_jobs",
        "Jobs that are not done, by how far they are",
        labels=("kind", "stage"),
    )
    overdue = GaugeMetricFamily(
        "tricircle_jobs_overdue_seconds",
        "For how long the first of the jobs has been due that no worker has begun",
        labels=("kind",),
    )
    late: dict[str, timedelta] = {}
    for group in groups:
        jobs.add_metric((group.kind, group.stage), group.jobs)
        late.setdefault(group.kind, timedelta())
        if group.stage is Stage.DUE:
            late[group.kind] = group.overdue
    for kind, time in late.items():
        overdue.add_metric((kind,), time.total_seconds())
    yield from (jobs, overdue)


def _pods(pods: Sequence[Pod]) -> Iterator[Metric]:
    up = GaugeMetricFamily(
        "tricircle_pod_service_up",
        "1: a pod's service counts as up; 0: it counts as down",
        labels=("pod", "service"),
    )
    failing = GaugeMetricFamily(
        "tricircle_pod_service_failing",
        "1: the last look at a pod's service was not answered",
        labels=("pod", "service"),
    )
    unseen = GaugeMetricFamily(
        "tricircle_pod_unseen_seconds",
        "For how long nobody has looked at a pod",
        labels=("pod",),
    )
    for pod in pods:
        for type_, service in Condition.of(pod).services.items():
            up.add_metric((pod.name, type_), service.is_up)
            failing.add_metric((pod.name, type_), service.error is not None)
        since = now() - (pod.checked_at or pod.created_at)
        unseen.add_metric((pod.name,), since.total_seconds())
    yield from (up, failing, unseen)
