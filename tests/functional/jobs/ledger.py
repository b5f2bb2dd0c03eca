# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""What tests ask and put into a database that workers use."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select, update

from tests.functional.jobs.handlers import EFFECTS, STEPS
from tests.functional.jobs.waiting import wait_for
from tricircle.db.engine import Database
from tricircle.db.models import Job
from tricircle.jobs import clock, listing, queue


@dataclass(frozen=True)
class Effect:
    """A step that was taken."""

    step: int
    fence: int
    pid: int


@dataclass(frozen=True)
class Ledger:
    """Jobs and effects."""

    database: Database

    def wish(self, resource_id: str, kind: str = "steps") -> str:
        """Enqueue a job; its id."""
        return self.database.retried(
            lambda session: queue.enqueue(session, kind, resource_id, None, "p1")
        )

    def job(self, job_id: str) -> Job:
        return self.database.retried_read(lambda session: listing.get(session, job_id))

    def effects(self, resource_id: str) -> list[Effect]:
        """The effects on a resource, in their order."""
        asked = select(EFFECTS.c.step, EFFECTS.c.fence, EFFECTS.c.pid).where(
            EFFECTS.c.resource_id == resource_id
        )
        rows = self.database.retried_read(
            lambda session: session.execute(asked.order_by(EFFECTS.c.number)).all()
        )
        return [Effect(*row) for row in rows]

    def wait_state(self, job_id: str, state: str, timeout: float = 30) -> Job:
        def there() -> Job | None:
            job = self.job(job_id)
            return job if job.state == state else None

        return wait_for(there, f"job {job_id} to be {state}", timeout)

    def wait_effect(self, resource_id: str, step: int) -> Effect:
        def there() -> Effect | None:
            return next((e for e in self.effects(resource_id) if e.step == step), None)

        return wait_for(there, f"step {step} of {resource_id}")

    def end_lease(self, job_id: str) -> None:
        """Do what the passing of time does."""
        leased = update(Job).where(Job.id == job_id)
        with self.database.write() as session:
            over = clock.now(session) - timedelta(microseconds=1)
            session.execute(leased.values(lease_expires_at=over))

    def check_once_each(self, resource_id: str) -> None:
        """Each step was taken, once, and none by an older run after a newer one."""
        taken = self.effects(resource_id)
        assert [effect.step for effect in taken] == list(range(STEPS))
        fences = [effect.fence for effect in taken]
        assert fences == sorted(fences)
