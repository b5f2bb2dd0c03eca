# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""How a job goes from state to state; what each means is at ``JobState``.

::

               a worker claims it                   it agrees
    new ------------------------------> running ----------------> done
     ^                                  |  |  ^                     |
     |  a wish came during the run, it  |  |  | claimed when due    |
     |  was interrupted, or has to wait |  v  |                     |
     +----------------------------------+  failed                   |
     |                                       |                      |
     +---- a new wish, an audit, a redo -----+----------------------+

A job is due while ``reached < wanted`` and its time has come. So a job that failed
for good has *reached* what was wanted: the answer was no. A running job whose lease is
over has failed too, by whichever worker finds it: a run that takes its worker along
would otherwise have the next worker, and the next, as often as leases end.
"""

from dataclasses import dataclass

from tricircle.db.models import JobState
from tricircle.jobs.retry import (
    Again,
    BackOff,
    Failed,
    Interrupted,
    Outcome,
    Retry,
    Wait,
    clean,
)

#: States in which a job waits for its time.
WAITING = (JobState.NEW, JobState.FAILED)


@dataclass(frozen=True)
class Progress:
    """How far a job is."""

    wanted: int
    reached: int
    attempts: int
    last_error: str | None = None


@dataclass(frozen=True)
class Settlement:
    """What a job is after a run; ``wait`` is the seconds until it is due."""

    state: JobState
    progress: Progress
    wait: float = 0.0


def settle(
    outcome: Outcome | None, begun: int, job: Progress, back_off: BackOff
) -> Settlement:
    """Decide what becomes of a job whose run ended with ``outcome``.

    ``begun`` is what was wanted when the run began, ``job`` what the row says now;
    None is the outcome of a run that simply returned. A wish that came during the
    run makes the job due at once, however the run ended.
    """
    after = _settle(outcome, begun, job, back_off)
    if job.wanted > begun:
        return Settlement(JobState.NEW, after.progress)
    return after


def _settle(
    outcome: Outcome | None, begun: int, job: Progress, back_off: BackOff
) -> Settlement:
    if outcome is None:
        return Settlement(JobState.DONE, Progress(job.wanted, begun, 0))
    if isinstance(outcome, Again):
        standing = max(job.wanted, begun + 1)
        return Settlement(JobState.NEW, Progress(standing, begun, 0), outcome.after)
    if isinstance(outcome, Interrupted):
        return Settlement(JobState.NEW, job)
    attempts = job.attempts + 1
    reason = clean(str(outcome))
    if isinstance(outcome, Wait):
        waiting = Progress(job.wanted, job.reached, attempts, reason)
        return Settlement(JobState.NEW, waiting, outcome.after)
    if isinstance(outcome, Failed):
        answered = Progress(job.wanted, begun, attempts, reason)
        return Settlement(JobState.FAILED, answered)
    wait = outcome.after if isinstance(outcome, Retry) else None
    if wait is None:
        wait = back_off.seconds(attempts)
    missed = Progress(job.wanted, job.reached, attempts, reason)
    return Settlement(JobState.FAILED, missed, wait)


def lost(job: Progress, owner: str | None, back_off: BackOff) -> Settlement:
    """Decide what becomes of a job whose holder ``owner`` fell silent.

    It is a failed attempt like any other.
    """
    reason = f"worker {owner or 'unknown'} fell silent while it ran this job"
    return _settle(Retry(reason), job.wanted, job, back_off)
