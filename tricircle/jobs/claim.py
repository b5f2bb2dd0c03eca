# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Taking due jobs, keeping them, and writing how a run ended.

Each lease increments the job's fence, and all that a worker writes is conditional on
the fence it was given. Whoever finds a job whose lease is over writes down that its
run failed; that, and the new fence of the next run, shut out the one who had it.

Due jobs are first looked for without locks, then locked by their ids, passing over
those that others hold: a scan that locks would keep new wishes waiting. SQLite has
no such locks; there a transaction that writes is alone.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, or_, select, update
from sqlalchemy.orm import Session

from tricircle.db.engine import Database
from tricircle.db.models import Job, JobState
from tricircle.jobs import clock, states
from tricircle.jobs.retry import BackOff, Outcome
from tricircle.jobs.states import Progress, Settlement

#: Others may be after the same jobs: look at more than are needed.
_CANDIDATES_EACH = 4


@dataclass(frozen=True)
class Room:
    """What a worker can take: ``jobs`` in all, and ``per_pod`` of any one pod.

    ``running`` counts what it runs already, by scope (a pod's id, or empty).
    """

    jobs: int
    per_pod: int
    running: Mapping[str, int]

    def full(self) -> list[str]:
        """Return the pods of which it runs enough."""
        return [pod for pod, n in self.running.items() if pod and n >= self.per_pod]


@dataclass(frozen=True)
class Claimed:
    """What a look for jobs came to: snapshots of jobs.

    ``taken`` are ours now; ``silent`` had a worker that fell silent.
    """

    taken: Sequence[Job] = ()
    silent: Sequence[Job] = ()


def choose(candidates: Sequence[tuple[str, str]], room: Room) -> list[str]:
    """Choose from ``candidates``, (job id, scope) in the order of their due time."""
    running = Counter(room.running)
    chosen: list[str] = []
    for job_id, scope in candidates:
        if len(chosen) < room.jobs and (not scope or running[scope] < room.per_pod):
            running[scope] += 1
            chosen.append(job_id)
    return chosen


def claim(
    database: Database,
    owner: str,
    kinds: Collection[str],
    seconds: float,
    room: Room,
    back_off: BackOff,
) -> Claimed:
    """Take due jobs of ``kinds`` for ``owner``, with leases of ``seconds``.

    No jobs: nothing is due, or others were faster. Jobs whose workers fell silent
    are due after ``back_off``.
    DatabaseUnavailable: then what was taken, if anything, is given back by its
    leases' end.
    """
    with database.read() as session:
        where = _to_take(kinds, clock.now(session))
        candidates = session.execute(
            select(Job.id, Job.scope)
            .where(where, Job.scope.not_in(room.full()))
            .order_by(Job.next_run_at)
            .limit(room.jobs * _CANDIDATES_EACH)
        )
        chosen = choose([(job_id, scope) for job_id, scope in candidates], room)
    if not chosen:
        return Claimed()
    with database.write() as session:
        now = clock.now(session)
        jobs = session.scalars(
            select(Job)
            .where(Job.id.in_(chosen), _to_take(kinds, now))
            .with_for_update(skip_locked=True)
        ).all()
        silent = [job for job in jobs if job.state == JobState.RUNNING]
        for job in silent:
            lost = states.lost(_progress(job), job.lease_owner, back_off)
            _end(job, lost, now)
        taken = [job for job in jobs if job not in silent]
        for job in taken:
            _lease(job, owner, now, seconds)
    return Claimed(taken, silent)


def due(now: datetime) -> ColumnElement[bool]:
    """Whether a job's time has come."""
    return and_(
        Job.state.in_(states.WAITING),
        Job.next_run_at <= now,
        Job.reached < Job.wanted,
    )


def abandoned(now: datetime) -> ColumnElement[bool]:
    """Whether a job's worker fell silent while it ran the job."""
    return and_(Job.state == JobState.RUNNING, Job.lease_expires_at <= now)


def _to_take(kinds: Collection[str], now: datetime) -> ColumnElement[bool]:
    return and_(Job.kind.in_(kinds), or_(due(now), abandoned(now)))


def _lease(job: Job, owner: str, now: datetime, seconds: float) -> None:
    job.state = JobState.RUNNING
    job.fence += 1
    job.lease_owner = owner
    job.lease_expires_at = now + timedelta(seconds=seconds)
    job.updated_at = now


@dataclass(frozen=True)
class Renewal:
    """What became of leases, by job id; the others could not be told now."""

    kept: Collection[str]
    lost: Collection[str]


def renew(session: Session, fences: Mapping[str, int], seconds: float) -> Renewal:
    """Renew leases (job id -> fence) for ``seconds``.

    A row that another transaction holds is passed over: to wait for it would cost
    the other leases their time. Nobody else can take that job meanwhile, either.
    """
    now = clock.now(session)
    kept = _held(session, fences, lock=True)
    if kept:
        session.execute(
            update(Job)
            .where(Job.id.in_(kept))
            .values(lease_expires_at=now + timedelta(seconds=seconds)),
            execution_options={"synchronize_session": False},
        )
    doubtful = {job: fence for job, fence in fences.items() if job not in kept}
    lost = set(doubtful) - _held(session, doubtful, lock=False) if doubtful else set()
    return Renewal(kept, lost)


def holds(session: Session, job_id: str, fence: int) -> bool:
    """Whether the run that has this fence still holds its job."""
    return bool(
        session.scalar(
            select(Job.id).where(
                Job.id == job_id,
                Job.fence == fence,
                Job.state == JobState.RUNNING,
                Job.lease_expires_at > clock.now(session),
            )
        )
    )


def _held(session: Session, fences: Mapping[str, int], *, lock: bool) -> set[str]:
    held = select(Job.id, Job.fence).where(
        Job.id.in_(fences), Job.state == JobState.RUNNING
    )
    if lock:
        held = held.with_for_update(skip_locked=True)
    return {job for job, fence in session.execute(held) if fence == fences[job]}


def settle(
    session: Session, job: Job, outcome: Outcome | None, back_off: BackOff
) -> bool:
    """Write how the run of ``job`` ended; return whether it was still ours to write.

    ``job`` is as it was claimed. To settle twice does no harm: the second time the
    job is not running any more.
    """
    row = session.scalars(
        select(Job)
        .where(Job.id == job.id, Job.fence == job.fence, Job.state == JobState.RUNNING)
        .with_for_update()
    ).one_or_none()
    if row is None:
        return False
    now = clock.now(session)
    _end(row, states.settle(outcome, job.wanted, _progress(row), back_off), now)
    return True


def _progress(job: Job) -> Progress:
    return Progress(job.wanted, job.reached, job.attempts, job.last_error)


def _end(job: Job, end: Settlement, now: datetime) -> None:
    job.wanted = end.progress.wanted
    job.reached = end.progress.reached
    job.attempts = end.progress.attempts
    job.last_error = end.progress.last_error
    job.state = end.state
    job.next_run_at = now + timedelta(seconds=end.wait)
    job.lease_owner = job.lease_expires_at = None
    job.updated_at = now
