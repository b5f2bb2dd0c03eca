# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""A worker: claims jobs and runs each in a thread, until it is told to stop."""

import logging
import os
import queue
import socket
import threading
import time
import uuid
from collections import Counter
from collections.abc import Mapping

from tricircle.conf import jobs as jobs_conf
from tricircle.db.errors import DatabaseUnavailable
from tricircle.db.models import Job
from tricircle.jobs import audit
from tricircle.jobs.claim import Room, claim, settle
from tricircle.jobs.errors import LeaseLost
from tricircle.jobs.heartbeat import Heartbeat
from tricircle.jobs.kinds import Context, Handler
from tricircle.jobs.lease import Lease
from tricircle.jobs.nudge import Nudger, Silence
from tricircle.jobs.pulse import Pulse
from tricircle.jobs.retry import (
    BackOff,
    Interrupted,
    Outcome,
    Retry,
    Unforeseen,
    clean,
)
from tricircle.jobs.tally import Tally

LOG = logging.getLogger(__name__)

#: As long as the column of the lease's owner.
_LONGEST_NAME = 64
#: What an interrupted run has to come to its next step.
_LAST_CHANCE_SECONDS = 5.0
#: While the database is away, it is asked this often.
_UNAVAILABLE_SECONDS = 1.0


def worker_name() -> str:
    """Return a name that no other worker has, and that says where this one is."""
    unique = f":{os.getpid()}:{uuid.uuid4().hex[:8]}"
    return socket.gethostname()[: _LONGEST_NAME - len(unique)] + unique


class Worker:
    """Runs jobs of the kinds in ``handlers``, as section ``[jobs]`` paces it.

    ``wake`` and ``stop`` may be called from any thread and from signal handlers.
    ``nudger`` passes on a nudge when there was more than fits. ``tally`` counts what
    it does, and ``pulse`` knows whether it is alive.
    """

    def __init__(
        self,
        context: Context,
        handlers: Mapping[str, Handler],
        nudger: Nudger | None = None,
    ) -> None:
        section = context.conf[jobs_conf.GROUP]
        self.name = worker_name()
        self.tally = Tally()
        self.pulse = Pulse(section.poll_interval)
        self._context = context
        self._database = context.database
        self._handlers = {
            **handlers,
            audit.KIND: audit.Audit(handlers, section.audit_interval),
        }
        self._nudger = nudger or Silence()
        self._threads: int = section.threads
        self._threads_per_pod: int = section.threads_per_pod
        self._poll_interval: float = section.poll_interval
        self._lease_time: float = section.lease_time
        self._stop_time: float = section.stop_time
        self._back_off = BackOff(section.first_backoff, section.longest_backoff)
        self._heartbeat = Heartbeat(
            self._database, section.lease_time, section.run_time_limit
        )
        # A SimpleQueue can be filled by a signal handler that interrupts its reader;
        # an Event would wait for itself.
        self._calls: queue.SimpleQueue[None] = queue.SimpleQueue()
        self._stopping = False
        self._audits_ensured = False
        self._running: Counter[str] = Counter()
        self._lock = threading.Lock()

    def wake(self) -> None:
        """Make it look for due jobs now."""
        self._calls.put(None)

    def stop(self) -> None:
        """Make ``run`` take no more jobs, and return when those it has are over."""
        self._stopping = True
        self.wake()

    def run(self) -> bool:
        """Run jobs until ``stop``; return whether all of them came to their end.

        If not, threads are left that do not heed the loss of their lease, and the
        process should exit at once: their jobs are then taken over like a dead
        worker's.
        """
        self._heartbeat.start()
        LOG.info(
            "Worker %s is ready for jobs of %s",
            self.name,
            ", ".join(sorted(self._handlers)),
        )
        pause = 0.0
        while not self._stopping:
            self._rest(pause)
            pause = self._look()
        return self._finish()

    def _look(self) -> float:
        """Take what is due and fits; return the seconds until the next look."""
        try:
            if not self._audits_ensured:
                with self._database.write() as session:
                    audit.ensure(session, self._handlers)
                self._audits_ensured = True
            self._take()
        except DatabaseUnavailable as error:
            LOG.warning("Cannot look for jobs now: %s", error)
            self.pulse.turned("the database does not answer")
            return min(self._poll_interval, _UNAVAILABLE_SECONDS)
        self.pulse.turned()
        return self._poll_interval

    def _take(self) -> None:
        with self._lock:
            running = dict(self._running)
        room = Room(
            self._threads - sum(running.values()),
            self._threads_per_pod,
            running,
        )
        if room.jobs < 1:
            return
        since = time.monotonic()
        claimed = claim(
            self._database,
            self.name,
            self._handlers.keys(),
            self._lease_time,
            room,
            self._back_off,
        )
        for job in claimed.silent:
            LOG.warning("%s: %s", _described(job), job.last_error)
            self.tally.taken_over(job.kind)
        for job in claimed.taken:
            self._begin(job, self._heartbeat.hold(job, since))
        if len(claimed.taken) == room.jobs:
            self._nudger.nudge()

    def _begin(self, job: Job, lease: Lease) -> None:
        with self._lock:
            self._running[job.scope] += 1
        threading.Thread(
            target=self._work, args=(job, lease), name=f"job-{job.id}", daemon=True
        ).start()

    def _work(self, job: Job, lease: Lease) -> None:
        begun = time.monotonic()
        try:
            outcome = self._reconcile(job, lease)
            lease.is_over = True
            ours = self._settle(job, outcome)
            self.tally.ended(job.kind, outcome, time.monotonic() - begun, ours=ours)
        finally:
            self._heartbeat.let_go(lease)
            with self._lock:
                self._running[job.scope] -= 1
            self.wake()

    def _reconcile(self, job: Job, lease: Lease) -> Outcome | None:
        handler = self._handlers[job.kind]
        try:
            handler.reconcile(job, lease, self._context)
        except Outcome as outcome:
            LOG.info("%s: %s", _described(job), clean(str(outcome)))
            return outcome
        except LeaseLost as lost:
            LOG.warning("%s: broken off: %s", _described(job), lost)
            return Interrupted() if self._stopping else Retry(str(lost))
        except Exception as error:
            # Whatever is wrong with one kind of job must not stop the others. This is
            # the only place that catches everything: it logs where it came from.
            LOG.exception(
                "%s: an error that its handler did not expect", _described(job)
            )
            return Unforeseen(error)
        return None

    def _settle(self, job: Job, outcome: Outcome | None) -> bool:
        """Write how a run ended; return whether it was ours to write."""
        while True:
            try:
                ours = self._database.retried(
                    lambda session: settle(session, job, outcome, self._back_off)
                )
            except DatabaseUnavailable as error:
                # The work is done: rather wait than let another do it again.
                LOG.warning("%s: cannot be settled now: %s", _described(job), error)
            else:
                break
        if not ours:
            LOG.warning(
                "%s: another worker has taken it over, or it is gone: what its run"
                " came to is not recorded",
                _described(job),
            )
        return ours

    def _rest(self, seconds: float) -> None:
        try:
            self._calls.get(timeout=seconds)
            while True:
                self._calls.get_nowait()
        except queue.Empty:
            pass

    def _finish(self) -> bool:
        LOG.info("Worker %s stops; %d jobs still run", self.name, self._count())
        if not self._drained(self._stop_time):
            self._heartbeat.lose_all(f"worker {self.name} stops")
            self._drained(_LAST_CHANCE_SECONDS)
        self._heartbeat.stop()
        left = self._count()
        LOG.info("Worker %s stopped; %d jobs were left", self.name, left)
        return left == 0

    def _drained(self, seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        while self._count() and (left := deadline - time.monotonic()) > 0:
            self._rest(left)
        return not self._count()

    def _count(self) -> int:
        with self._lock:
            return sum(self._running.values())


def _described(job: Job) -> str:
    return f"job {job.id} ({job.kind} {job.resource_id}, pod {job.pod_id or 'none'})"
