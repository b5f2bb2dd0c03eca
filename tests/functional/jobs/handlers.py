# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Kinds of jobs for tests: what they do outside is rows in a table.

A run that comes to a gate (a named pipe) waits there until a test opens it, or for
ever.
"""

import os
import stat
from collections.abc import Callable, Iterable
from pathlib import Path

from sqlalchemy import (
    Column,
    Integer,
    MetaData,
    String,
    Table,
    UniqueConstraint,
    insert,
    select,
)

from tricircle.db.engine import Database
from tricircle.db.models import Job
from tricircle.jobs.kinds import Context, Handler, Wish
from tricircle.jobs.lease import Lease
from tricircle.jobs.retry import Failed

#: The directory of the gates, in the environment.
GATES = "TRICIRCLE_TEST_GATES"
STEPS = 3

METADATA = MetaData()
#: What was done outside, in the order of the numbers. The key does not refuse that two
#: runs do the same: it is for tests to find that they did.
EFFECTS = Table(
    "effects",
    METADATA,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("resource_id", String(64), nullable=False),
    Column("step", Integer, nullable=False),
    Column("fence", Integer, nullable=False),
    Column("pid", Integer, nullable=False),
    UniqueConstraint("resource_id", "step", "fence"),
    mysql_engine="InnoDB",
)


def pass_gate(name: str) -> None:
    """Wait at the gate of this name, if there is one."""
    gate = Path(os.environ[GATES]) / name
    if gate.exists() and stat.S_ISFIFO(gate.stat().st_mode):
        gate.read_bytes()


def done(database: Database, resource_id: str) -> set[int]:
    """The steps that were taken for a resource."""
    steps = select(EFFECTS.c.step).where(EFFECTS.c.resource_id == resource_id)
    return database.retried_read(lambda session: set(session.scalars(steps)))


def do(database: Database, job: Job, step: int) -> None:
    """Take a step."""
    values = {"resource_id": job.resource_id, "step": step, "fence": job.fence}
    with database.write() as session:
        session.execute(insert(EFFECTS).values(**values, pid=os.getpid()))


class Steps(Handler):
    """Takes the missing steps, with a gate before and after each."""

    def reconcile(self, job: Job, lease: Lease, context: Context) -> None:
        for step in range(STEPS):
            if step not in done(context.database, job.resource_id):
                pass_gate(f"{job.resource_id}.before-{step}")
                lease.check()
                do(context.database, job, step)
                pass_gate(f"{job.resource_id}.{step}")


class Rude(Handler):
    """Never asks for its lease; succeeds at first, and fails for good later."""

    def reconcile(self, job: Job, lease: Lease, context: Context) -> None:
        if job.fence > 1:
            raise Failed("the second run failed")
        do(context.database, job, 0)
        pass_gate(f"{job.resource_id}.0")


class Broken(Handler):
    """Raises what a handler should not raise."""

    def reconcile(self, job: Job, lease: Lease, context: Context) -> None:
        raise KeyError(f"mysql://user:secret@host has no {job.resource_id}")


class Watched(Steps):
    """Has an audit that finds two resources wanting."""

    def audit(self, context: Context) -> Iterable[Wish]:
        yield Wish("steps", "found-1", None, "p1")
        yield Wish("steps", "found-2", None, "p1")


#: By kind. The last one has workers begin an audit at once.
KINDS: dict[str, Callable[[], Handler]] = {
    "steps": Steps,
    "rude": Rude,
    "broken": Broken,
    "watched": Watched,
}
UNAUDITED = ("steps", "rude", "broken")
