# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
import pytest
from osc_lib.exceptions import CommandError

from tests.functional.client.shell import IDS, Shell
from tricircle.client.commands.job import ListJobs, RedoJob, ShowJob
from tricircle.db.models import JobState
from tricircle.jobs import listing, queue

GONE = "00000009-0000-4000-8000-000000000009"


@pytest.fixture(autouse=True)
def _some_jobs(shell: Shell) -> None:
    with shell.service.database.write() as session:
        queue.enqueue(session, "network", "net1", IDS["Pod1"], "p1")
        queue.enqueue(session, "port", "port1", IDS["Pod2"], "p1")
        queue.enqueue(session, "audit", "port", None, "")
    with shell.service.database.write() as session:
        for job in listing.jobs(session, kind="port"):
            job.state, job.attempts = JobState.FAILED, 3
            job.last_error = "network in Pod2 can't be reached"


@pytest.mark.parametrize(
    ("words", "resources"),
    [
        (["--kind", "network"], ["net1"]),
        (["--state", "failed"], ["port1"]),
        (["--resource", "net1"], ["net1"]),
        (["--pod", "Pod2"], ["port1"]),
        (["--project", "p1", "--state", "new"], ["net1"]),
    ],
)
def test_a_list_is_filtered(
    shell: Shell, words: list[str], resources: list[str]
) -> None:
    assert shell.column(ListJobs, "resource_id", *words) == resources


def test_what_failed_is_listed_with_its_error(shell: Shell) -> None:
    (row,) = shell.json(ListJobs, "--state", "failed")
    assert row.pop("ID")
    assert row == {
        "Kind": "port",
        "Resource ID": "port1",
        "Pod": "Pod2",
        "State": "failed",
        "Attempts": 3,
        "Last Error": "network in Pod2 can't be reached",
    }


def test_a_job_may_be_about_no_pod(shell: Shell) -> None:
    (row,) = shell.json(ListJobs, "--kind", "audit")
    assert row["Pod"] is None


def test_a_job_is_shown_whole(shell: Shell) -> None:
    (id_,) = shell.column(ListJobs, "id", "--kind", "network")
    shown = shell.json(ShowJob, id_)
    assert (shown["wanted"], shown["reached"], shown["pod"]) == (1, 0, "Pod1")


def test_all_that_failed_is_done_again(shell: Shell) -> None:
    failed = shell.column(ListJobs, "id", "--state", "failed")
    shell(RedoJob, *failed)
    assert not shell.column(ListJobs, "id", "--state", "failed")
    assert shell.service.nudges.count == 1


def test_a_job_that_is_gone_does_not_spare_the_others(shell: Shell) -> None:
    (failed,) = shell.column(ListJobs, "id", "--state", "failed")
    with pytest.raises(CommandError, match="could not redo 1 of 2 jobs"):
        shell(RedoJob, GONE, failed)
    assert not shell.column(ListJobs, "id", "--state", "failed")
