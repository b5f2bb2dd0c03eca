# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
from datetime import UTC, datetime, timedelta

from prometheus_client import CollectorRegistry, generate_latest

from tricircle.db.engine import Database
from tricircle.db.models import Health, Job, JobState, now
from tricircle.pods import registry
from tricircle.pods.health import Condition, Service
from tricircle.upkeep.exposition import Exposition


def shown(database: Database) -> dict[str, float]:
    """Each line of the metrics, without what is said about them."""
    registry = CollectorRegistry()
    registry.register(Exposition(database))
    lines = generate_latest(registry).decode().splitlines()
    pairs = [line.rpartition(" ") for line in lines if not line.startswith("#")]
    return {name: float(value) for name, _, value in pairs}


def test_jobs_and_pods_are_shown(database: Database) -> None:
    since = datetime(2026, 1, 1, tzinfo=UTC)
    condition = Condition(
        Health.DEGRADED,
        since,
        {
            "compute": Service(True, since, doubts=1, error="503"),
            "network": Service(False, since, error="no answer"),
            "volume": Service(True, since),
        },
    )
    with database.write() as session:
        pod = registry.create(session, name="Pod1", az_name="az1")
        for column, value in condition.columns().items():
            setattr(pod, column, value)
        pod.checked_at = now() - timedelta(minutes=2)
        for name in ("n1", "n2"):
            job = Job(kind="network", resource_id=name, project_id="p1")
            job.next_run_at = now() - timedelta(minutes=5)
            session.add(job)
        gone = Job(kind="port", resource_id="p1", project_id="p1")
        gone.state, gone.wanted, gone.reached = JobState.FAILED, 1, 1
        session.add(gone)
    found = shown(database)
    assert 300 <= found.pop('tricircle_jobs_overdue_seconds{kind="network"}') < 900
    assert 120 <= found.pop('tricircle_pod_unseen_seconds{pod="Pod1"}') < 900
    assert found == {
        "tricircle_database_up": 1,
        'tricircle_jobs{kind="network",stage="due"}': 2,
        'tricircle_jobs{kind="port",stage="failed"}': 1,
        'tricircle_jobs_overdue_seconds{kind="port"}': 0,
        'tricircle_pod_service_up{pod="Pod1",service="compute"}': 1,
        'tricircle_pod_service_up{pod="Pod1",service="network"}': 0,
        'tricircle_pod_service_up{pod="Pod1",service="volume"}': 1,
        'tricircle_pod_service_failing{pod="Pod1",service="compute"}': 1,
        'tricircle_pod_service_failing{pod="Pod1",service="network"}': 1,
        'tricircle_pod_service_failing{pod="Pod1",service="volume"}': 0,
    }


def test_a_database_that_is_away_is_shown_as_that() -> None:
    away = Database("mysql://user:secret@127.0.0.1:1/none")
    assert shown(away) == {"tricircle_database_up": 0}
