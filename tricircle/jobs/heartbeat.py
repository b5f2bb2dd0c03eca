# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Renewing the leases of a worker, all in one transaction.

One that could not be renewed in time ends by itself; one that someone else took is
marked as lost. A run over its time limit is renewed no more, so that a handler which
hangs does not hold its job for ever.
"""

import logging
import threading
import time
from collections.abc import Collection

from tricircle.db.engine import Database
from tricircle.db.errors import DatabaseUnavailable
from tricircle.db.models import Job
from tricircle.jobs.claim import renew
from tricircle.jobs.lease import Lease

LOG = logging.getLogger(__name__)

_BEATS_PER_LEASE = 3


class Heartbeat:
    """A thread that renews leases; ``seconds`` is their length, ``limit`` a run's."""

    def __init__(self, database: Database, seconds: float, limit: float) -> None:
        self._database = database
        self._seconds = seconds
        self._limit = limit
        self._leases: dict[Lease, float] = {}
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._thread = threading.Thread(
            target=self._beat, name="heartbeat", daemon=True
        )

    def start(self) -> None:
        """Begin to renew."""
        self._thread.start()

    def stop(self) -> None:
        """Renew no more."""
        self._ended.set()

    def hold(self, job: Job, since: float) -> Lease:
        """Keep the lease of ``job``, which was asked for at ``since`` (monotonic)."""
        lease = Lease(job.id, job.fence, since + self._seconds, self._renew_one)
        with self._lock:
            self._leases[lease] = since + self._limit
        return lease

    def let_go(self, lease: Lease) -> None:
        """Keep the lease no more: its run is over."""
        with self._lock:
            self._leases.pop(lease, None)

    def lose_all(self, reason: str) -> None:
        """Tell every run to end before its next effect."""
        with self._lock:
            leases = list(self._leases)
        for lease in leases:
            lease.lose(reason)

    def _beat(self) -> None:
        while not self._ended.wait(self._seconds / _BEATS_PER_LEASE):
            self._renew(self._to_renew())

    def _to_renew(self) -> list[Lease]:
        now = time.monotonic()
        with self._lock:
            late = [lease for lease, limit in self._leases.items() if limit <= now]
            for lease in late:
                del self._leases[lease]
            leases = list(self._leases)
        for lease in late:
            LOG.error(
                "The run of job %s takes longer than %g s: its lease is let go",
                lease.job_id,
                self._limit,
            )
            lease.lose(f"the run of job {lease.job_id} took too long")
        return leases

    def _renew_one(self, lease: Lease) -> None:
        self._renew([lease])

    def _renew(self, leases: Collection[Lease]) -> None:
        if not leases:
            return
        fences = {lease.job_id: lease.fence for lease in leases}
        begun = time.monotonic()
        try:
            with self._database.write() as session:
                renewal = renew(session, fences, self._seconds)
        except DatabaseUnavailable as error:
            LOG.warning("Cannot renew %d leases now: %s", len(leases), error)
            return
        for lease in leases:
            if lease.job_id in renewal.lost:
                if not lease.is_over:
                    LOG.warning(
                        "Job %s was taken over or deleted while it ran", lease.job_id
                    )
                lease.lose(f"job {lease.job_id} was taken over or deleted")
            elif lease.job_id in renewal.kept:
                lease.extend(begun + self._seconds)
