# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""What a run holds: the job is its own, until the lease ends.

A lease ends by itself, unless it is renewed (``heartbeat``). Its holder may be slow,
or cut off, and find out late: so it asks, right before each effect on the world
outside, whether the job is still its own.
"""

import threading
import time
from collections.abc import Callable

from tricircle.jobs.errors import LeaseLost


class Lease:
    """A worker's hold on a job, for one run.

    ``until`` is the end by ``time.monotonic``, and ``renew`` renews it: that calls
    ``extend`` or ``lose``. ``fence`` grows with each lease of the job; a service
    that can compare fences may use it to refuse an older one.
    """

    def __init__(
        self, job_id: str, fence: int, until: float, renew: Callable[["Lease"], None]
    ) -> None:
        self.job_id = job_id
        self.fence = fence
        self._until = until
        self._renew = renew
        self._lost: str | None = None
        self.is_over = False
        """The run is over, and that is being written down: who finds that the job is
        not ours any more may have come right after that."""
        self._lock = threading.Lock()

    def still_mine(self) -> bool:
        """Whether the lease holds, as far as is known here; asks nobody.

        Good for leaving a long loop early. Before an effect, use ``check``.
        """
        with self._lock:
            return self._lost is None and time.monotonic() < self._until

    def check(self) -> None:
        """Make sure of the lease, right before an effect outside; or LeaseLost.

        It asks the database and renews the lease, so that all of its time is ahead.
        While the database is away, nobody can take the job over: then the lease is
        good until it ends.
        """
        if self._lost is None:
            self._renew(self)
        if not self.still_mine():
            raise LeaseLost(self._lost or f"the lease of job {self.job_id} ran out")

    def extend(self, until: float) -> None:
        """Note that the lease was renewed, to end at ``until``."""
        with self._lock:
            self._until = max(until, self._until)

    def lose(self, reason: str) -> None:
        """Note that the run must end; this can't be undone."""
        with self._lock:
            self._lost = self._lost or reason
