# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""RabbitMQ that answers, is killed and comes back; or was never there."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from oslo_config import cfg

from tests.functional.jobs.broker import Broker, free_ports
from tests.functional.jobs.fleet import Fleet
from tests.functional.jobs.ledger import Ledger
from tests.functional.jobs.waiting import wait_for
from tricircle.conf import messaging
from tricircle.jobs import nudge

#: Without a nudge, a worker with this finds nothing.
NEVER = 3600.0
#: RabbitMQ behaves the same on each database.
pytestmark = pytest.mark.parametrize("backend", ["postgresql"], indirect=True)


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    home = tmp_path / "rabbitmq"
    home.mkdir()
    made = Broker(home)
    with made.names():
        yield made


def nudger(url: str, path: Path) -> nudge.Nudger:
    """What casts nudges, as a service has it."""
    file = path / "service.conf"
    file.write_text(f"[DEFAULT]\ntransport_url = {url}\n")
    conf = cfg.ConfigOpts()
    messaging.register_opts(conf)
    conf(["--config-file", str(file)])
    return nudge.nudger(conf)


def test_nothing_is_lost_when_rabbitmq_restarts(
    fleet: Fleet, ledger: Ledger, broker: Broker, tmp_path: Path
) -> None:
    broker.start()
    worker = fleet.start(broker.url, poll_interval=NEVER)
    worker.wait_ready()
    service = nudger(broker.url, tmp_path)

    def nudge_until_done(job_id: str) -> None:
        def done() -> bool:
            # The worker may not be connected (again) yet.
            service.nudge()
            return ledger.job(job_id).state == "done"

        wait_for(done, f"job {job_id} to be done", 60)

    nudge_until_done(ledger.wish("before"))
    broker.kill()
    lost = ledger.wish("meanwhile")
    begun = time.monotonic()
    service.nudge()
    assert time.monotonic() - begun < 0.5
    broker.start()
    nudge_until_done(ledger.wish("after"))
    assert ledger.wait_state(lost, "done").fence == 1
    assert worker.stop() == 0


def test_without_rabbitmq_workers_look_by_themselves(
    fleet: Fleet, ledger: Ledger, tmp_path: Path
) -> None:
    nowhere = f"rabbit://guest:guest@127.0.0.1:{free_ports(1)[0]}/"
    worker = fleet.start(nowhere)
    service = nudger(nowhere, tmp_path)
    for number in range(5):
        job_id = ledger.wish(f"net-{number}")
        service.nudge()
        ledger.wait_state(job_id, "done")
    assert worker.stop() == 0
