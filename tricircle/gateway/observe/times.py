# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""How often something was done, and how long it took.

Counting is in the way of every request, and being asked for the counts is not: so they
are plain numbers, and become metrics in ``exposition``. A counter and a histogram of
prometheus-client take seven times as long, and fourteen times in its mode for several
processes.
"""

from bisect import bisect_left

from tricircle.monitoring.bounds import BOUNDS


class Times:
    """How often, and for how long."""

    __slots__ = ("counts", "seconds")

    def __init__(self) -> None:
        self.counts = [0] * (len(BOUNDS) + 1)
        self.seconds = 0.0

    def add(self, seconds: float) -> None:
        """Count one."""
        self.counts[bisect_left(BOUNDS, seconds)] += 1
        self.seconds += seconds
