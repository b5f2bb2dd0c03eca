# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""What can't be done now waits, by the engine's back-off; with real Neutrons."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from oslo_config import cfg
from sqlalchemy import select

from tests.functional.jobs.waiting import wait_for
from tests.functional.network.cloud import Cloud, running_cloud
from tricircle.conf import jobs as jobs_conf
from tricircle.conf import network as network_conf
from tricircle.db.models import Job, JobState
from tricircle.jobs.kinds import Context, Handler
from tricircle.jobs.worker import Worker
from tricircle.network.reconcilers import handlers

#: Seconds: none of the waits ends during the test by itself.
_FIRST = 100.0


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    folder: Path = tmp_path_factory.mktemp("cloud")
    with running_cloud(folder) as made:
        yield made


class Networks(handlers.NetworkHandler):
    """Nobody audits: that would wish for the job, too."""

    audit = Handler.audit


@contextmanager
def working(cloud: Cloud) -> Iterator[Worker]:
    """A worker for networks that looks at once."""
    conf = cfg.ConfigOpts()
    network_conf.register_opts(conf)
    jobs_conf.register_opts(conf)
    conf.set_override("first_backoff", _FIRST, jobs_conf.GROUP)
    conf.set_override("poll_interval", 0.1, jobs_conf.GROUP)
    kinds = {"network": Networks(lambda conf: cloud)}
    worker = Worker(Context(conf, cloud.database), kinds)
    thread = threading.Thread(target=worker.run)
    thread.start()
    try:
        yield worker
    finally:
        worker.stop()
        thread.join()


def test_attempts_to_remove_what_is_in_use_back_off(cloud: Cloud) -> None:
    network = cloud.central.create("network", name="net")
    cloud.central.create(
        "subnet", network_id=network["id"], cidr="10.0.0.0/24", ip_version=4
    )
    port = cloud.central.create("port", network_id=network["id"])
    there = cloud.network("Pod1")
    made = there.get("port", cloud.realise(port, cloud.pods[0]))
    cloud.work()
    foreign = there.create(
        "port", {"network_id": made["network_id"], "project_id": "other"}
    )
    cloud.central.delete("port", port["id"])
    cloud.central.delete("network", network["id"])

    def job() -> Job:
        statement = select(Job).where(
            Job.kind == "network", Job.resource_id == network["id"]
        )
        with cloud.database.read() as session:
            return session.scalars(statement).one()

    def failed(attempts: int) -> Job | None:
        found = job()
        return found if found.attempts >= attempts else None

    with working(cloud) as worker:
        first = wait_for(lambda: failed(1), "the first attempt")
        assert (first.state, first.attempts) == (JobState.FAILED, 1)
        assert "NetworkInUse" in str(first.last_error)
        assert first.next_run_at - first.updated_at >= timedelta(seconds=_FIRST / 2)
        hasten(cloud, worker)
        second = wait_for(lambda: failed(2), "the second attempt")
        assert (second.state, second.attempts) == (JobState.FAILED, 2)
        assert second.wanted == first.wanted
        assert second.next_run_at - second.updated_at >= timedelta(seconds=_FIRST)
    there.delete("port", foreign["id"])
    cloud.work()
    assert there.find("network") == []


def hasten(cloud: Cloud, worker: Worker) -> None:
    """Let the time of the wait pass."""
    with cloud.database.write() as session:
        for job in session.scalars(select(Job).where(Job.kind == "network")):
            job.next_run_at = job.created_at
    worker.wake()
