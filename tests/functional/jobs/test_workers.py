# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Workers that die, stall, fail and stop."""

import signal

import requests

from tests.functional.gateway.program import HOST, free_ports
from tests.functional.jobs.fleet import Fleet
from tests.functional.jobs.handlers import KINDS, STEPS
from tests.functional.jobs.ledger import Ledger
from tests.functional.jobs.waiting import wait_for
from tricircle.jobs import audit

#: Twenty in all.
ROUNDS, AT_ONCE = 4, 5
#: In a worker that is stopped in the middle of a transaction, this would block all.
QUIET = {"poll_interval": 3600, "lease_time": 3600}


def test_a_killed_workers_job_is_finished_by_another(
    fleet: Fleet, ledger: Ledger
) -> None:
    fleet.start(threads=1)
    for number in range(ROUNDS):
        names = [f"{number}-{index}" for index in range(AT_ONCE)]
        steps = {name: index % STEPS for index, name in enumerate(names)}
        gates = [fleet.close(f"{name}.{step}") for name, step in steps.items()]
        ids = [ledger.wish(name) for name in names]
        for _ in names:  # beside those that are left from the round before
            fleet.start(threads=1)
        victims = {ledger.wait_effect(*item).pid for item in steps.items()}
        assert len(victims) == AT_ONCE
        for pid in victims:
            fleet.worker(pid).kill()
        for gate in gates:
            gate.remove()
        for name, job_id in zip(names, ids, strict=True):
            job = ledger.wait_state(job_id, "done")
            ledger.check_once_each(name)
            assert job.fence >= 2
            assert (job.reached, job.attempts, job.last_error) == (1, 0, None)


def test_a_stalled_worker_has_no_effect_after_its_lease(
    fleet: Fleet, ledger: Ledger
) -> None:
    gate = fleet.close("net-1.before-1")
    job_id = ledger.wish("net-1")
    slow = fleet.start(**QUIET)
    gate.wait_reached()  # the run knows what is missing, and is about to do it
    slow.signal(signal.SIGSTOP)
    gate.remove()
    ledger.end_lease(job_id)
    other = fleet.start()
    ledger.wait_state(job_id, "done")
    gate.open()
    slow.signal(signal.SIGCONT)
    slow.wait_saying("another worker has taken it over")
    ledger.check_once_each("net-1")
    pids = [effect.pid for effect in ledger.effects("net-1")]
    assert pids == [slow.pid, other.pid, other.pid]
    assert ledger.job(job_id).state == "done"


def test_a_stalled_worker_cannot_complete(fleet: Fleet, ledger: Ledger) -> None:
    gate = fleet.close("net-1.0")
    job_id = ledger.wish("net-1", "rude")
    slow = fleet.start(**QUIET)
    gate.wait_reached()
    slow.signal(signal.SIGSTOP)
    gate.remove()
    ledger.end_lease(job_id)
    fleet.start()
    wait_for(lambda: ledger.job(job_id).reached, "the second run to be over")
    gate.open()
    slow.signal(signal.SIGCONT)
    slow.wait_saying("another worker has taken it over")
    job = ledger.job(job_id)
    assert (job.state, job.last_error) == ("failed", "the second run failed")
    assert job.fence == 2


def test_a_slow_job_is_kept_by_heartbeats(fleet: Fleet, ledger: Ledger) -> None:
    for worker in (fleet.start(), fleet.start()):
        worker.wait_ready()
    gate = fleet.close("net-1.0")
    job_id = ledger.wish("net-1")
    gate.wait_reached()
    first = ledger.job(job_id).lease_expires_at
    assert first

    def is_renewed() -> bool:
        now = ledger.job(job_id).lease_expires_at
        return now is not None and (now - first).total_seconds() > 2

    wait_for(is_renewed, "the lease to be renewed for more than its length")
    gate.open()
    assert ledger.wait_state(job_id, "done").fence == 1


def test_a_run_may_not_take_for_ever(fleet: Fleet, ledger: Ledger) -> None:
    fleet.start(run_time_limit=1).wait_ready()
    gate = fleet.close("net-1.0")
    job_id = ledger.wish("net-1")
    gate.wait_reached()
    gate.remove()
    assert ledger.wait_state(job_id, "done").fence == 2
    ledger.check_once_each("net-1")
    gate.open()


def test_a_worker_finishes_its_jobs_before_it_stops(
    fleet: Fleet, ledger: Ledger
) -> None:
    worker = fleet.start()
    worker.wait_ready()
    gate = fleet.close("net-1.0")
    job_id = ledger.wish("net-1")
    gate.wait_reached()
    worker.signal(signal.SIGTERM)
    worker.wait_saying("still run")
    later = ledger.wish("net-2")
    gate.open()
    assert worker.exit_status() == 0
    assert ledger.job(job_id).state == "done"
    assert ledger.job(later).state == "new"


def test_a_worker_gives_back_what_it_must_break_off(
    fleet: Fleet, ledger: Ledger
) -> None:
    worker = fleet.start(stop_time=0, lease_time=60)
    worker.wait_ready()
    gate = fleet.close("net-1.0")
    job_id = ledger.wish("net-1")
    gate.wait_reached()
    worker.signal(signal.SIGTERM)
    worker.wait_saying("still run")
    gate.open()
    assert worker.exit_status() == 0
    job = ledger.job(job_id)
    assert (job.state, job.attempts, job.lease_owner) == ("new", 0, None)
    assert len(ledger.effects("net-1")) == 1


def test_a_broken_kind_does_not_stop_the_others(fleet: Fleet, ledger: Ledger) -> None:
    worker = fleet.start(threads=1)
    broken = ledger.wish("net-1", "broken")
    fine = ledger.wish("net-2")
    ledger.wait_state(fine, "done")
    wait_for(lambda: ledger.job(broken).attempts > 1, "a second attempt")
    error = ledger.job(broken).last_error
    assert error == "KeyError: 'mysql://***@host has no net-1'"
    worker.wait_saying("Traceback")
    assert worker.stop() == 0


def test_a_worker_shows_its_counts_and_that_it_is_alive(
    fleet: Fleet, ledger: Ledger
) -> None:
    [port] = free_ports(1)
    fleet.start(metrics_port=port).wait_ready()
    ledger.wait_state(ledger.wish("net-1"), "done")
    url = f"http://{HOST}:{port}"

    def counted() -> bool:
        text = requests.get(f"{url}/metrics", timeout=30).text
        run = 'tricircle_job_runs_total{kind="steps",outcome="done"} 1.0'
        return run in text and "tricircle_database_up 1.0" in text

    wait_for(counted, "the run to be counted")
    health = requests.get(f"{url}/healthcheck", timeout=30)
    assert (health.status_code, health.text) == (200, "OK")


def test_a_worker_whose_port_is_taken_says_so(fleet: Fleet) -> None:
    [port] = free_ports(1)
    fleet.start(metrics_port=port).wait_ready()
    second = fleet.start(metrics_port=port)
    assert second.exit_status() == 2
    assert second.says(f"metrics can't be shown on {HOST}, port {port}")


def test_an_audit_enqueues_what_is_wanted(fleet: Fleet, ledger: Ledger) -> None:
    fleet.kinds = tuple(KINDS)
    fleet.start()
    for resource in ("found-1", "found-2"):
        ledger.wait_effect(resource, STEPS - 1)
    job_id = ledger.wish("watched", audit.KIND)  # the audit that is there already
    wait_for(lambda: ledger.job(job_id).reached > 1, "the audit to be over")
    audited = ledger.wait_state(job_id, "new")
    assert audited.next_run_at > audited.updated_at
