# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors

import pytest

from tricircle.db.models import JobState
from tricircle.jobs.retry import (
    Again,
    BackOff,
    Failed,
    Interrupted,
    Outcome,
    Retry,
    Wait,
)
from tricircle.jobs.states import Progress, Settlement, lost, settle

NEW, DONE, FAILED = JobState.NEW, JobState.DONE, JobState.FAILED
BACK_OFF = BackOff(first=1, longest=60, chance=lambda: 0)
#: A job that was wanted three times, twice reached, and failed twice since.
JOB = Progress(wanted=3, reached=2, attempts=2, last_error="before")


def end(outcome: Outcome | None, job: Progress = JOB) -> Settlement:
    return settle(outcome, 3, job, BACK_OFF)


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        (None, Settlement(DONE, Progress(3, 3, 0))),
        (Again(60), Settlement(NEW, Progress(4, 3, 0), 60)),
        (Retry("no port"), Settlement(FAILED, Progress(3, 2, 3, "no port"), 4)),
        (
            Retry("no port", after=9),
            Settlement(FAILED, Progress(3, 2, 3, "no port"), 9),
        ),
        (Retry("no port", after=0), Settlement(FAILED, Progress(3, 2, 3, "no port"))),
        (Wait("busy", 9), Settlement(NEW, Progress(3, 2, 3, "busy"), 9)),
        (Failed("no VLAN"), Settlement(FAILED, Progress(3, 3, 3, "no VLAN"))),
        (Interrupted(), Settlement(NEW, JOB)),
    ],
    ids=repr,
)
def test_what_becomes_of_a_job(outcome: Outcome | None, expected: Settlement) -> None:
    assert end(outcome) == expected


@pytest.mark.parametrize(
    ("outcome", "progress"),
    [
        (None, Progress(4, 3, 0)),
        (Again(60), Progress(4, 3, 0)),
        (Retry("no port", after=60), Progress(4, 2, 3, "no port")),
        (Wait("busy", 9), Progress(4, 2, 3, "busy")),
        (Failed("no VLAN"), Progress(4, 3, 3, "no VLAN")),
        (Interrupted(), Progress(4, 2, 2, "before")),
    ],
    ids=repr,
)
def test_a_wish_during_the_run_makes_it_due_at_once(
    outcome: Outcome | None, progress: Progress
) -> None:
    meanwhile = Progress(4, JOB.reached, JOB.attempts, JOB.last_error)
    assert end(outcome, meanwhile) == Settlement(NEW, progress, 0)


def test_a_reason_is_cleaned_before_it_is_recorded() -> None:
    ended = end(Failed("amqp://user:secret@host\nis down"))
    assert ended.progress.last_error == "amqp://***@host is down"


def test_a_worker_that_falls_silent_counts_as_a_failed_attempt() -> None:
    error = "worker host:1:ab fell silent while it ran this job"
    after = Settlement(FAILED, Progress(3, 2, 3, error), 4)
    assert lost(JOB, "host:1:ab", BACK_OFF) == after
