# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""What can go wrong with quotas.

::

    QuotaError
     +- OverQuota   it does not fit under a limit
     +- Uncounted   nobody knows yet what the project has in pods: recount, try again
"""

from collections.abc import Mapping

from tricircle.quotas.demand import Demand


class QuotaError(Exception):
    """It can't be taken from the quota."""


class OverQuota(QuotaError):
    """``demand`` does not fit beside what is ``used``; ``overs`` are the limits.

    ``is_doubtful``: some of that may be gone by now, so that recounting may help.
    """

    def __init__(
        self,
        demand: Demand,
        overs: tuple[str, ...],
        used: Mapping[str, int],
        *,
        is_doubtful: bool,
    ) -> None:
        super().__init__(f"{', '.join(overs)} of project {demand.project_id}")
        self.demand = demand
        self.overs = overs
        self.used = used
        self.is_doubtful = is_doubtful


class Uncounted(QuotaError):
    """What the project has was never counted."""
