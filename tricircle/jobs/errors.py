# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""What can go wrong with jobs.

::

    JobError
     +- JobNotFound    there is no job with this id
     +- KindUnusable   an entry point is no handler
     +- NudgeUnusable  the message bus's configuration is wrong
     +- LeaseLost      a run must not go on: its job is not, or may not be, its own

How a run ends is not among them: see ``retry``.
"""


class JobError(Exception):
    """Something is wrong with a job; ``str()`` says what to do."""


class JobNotFound(JobError):
    """There is no job with this id."""

    def __init__(self, job_id: str) -> None:
        super().__init__(f"there is no job {job_id}; list the jobs to find its id")


class KindUnusable(JobError):
    """A handler can't be loaded, so that the worker must not start."""


class NudgeUnusable(JobError):
    """There is no such message bus; the configuration must change."""


class LeaseLost(JobError):
    """The run must have no further effect. A handler lets it pass."""
