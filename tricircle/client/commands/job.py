# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Jobs: what shall agree, and how far that is."""

from tricircle.client.commands.base import (
    OF_POD,
    OF_PROJECT,
    OF_RESOURCE,
    EachCommand,
    Filter,
    ListCommand,
    ShowCommand,
    api,
)
from tricircle.client.nouns import JOB


class ListJobs(ListCommand):
    """List jobs, oldest first."""

    noun = JOB
    filters = (
        Filter("--kind", "kind", "Only those: network, port, pod ..."),
        Filter("--state", "state", "Only those: new, running, done or failed"),
        OF_RESOURCE,
        OF_POD,
        OF_PROJECT,
    )


class ShowJob(ShowCommand):
    """Show a job."""

    noun = JOB


class RedoJob(EachCommand):
    """Have jobs done again, at once; one that runs will run again after that."""

    noun = JOB
    verb = "redo"

    def act(self, id_: str) -> None:
        """Have one done again."""
        api(self).call(JOB, id_, "PUT")
