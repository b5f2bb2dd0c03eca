# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""How often something was done, and how long it took.

Counting is in the way of every request, and being asked for the counts is not: so they
are plain numbers, and become metrics in ``exposition``. A counter and a histogram of
prometheus-client take seven times as long, and fourteen times in its mode for several
processes.
"""

from bisect import bisect_left

BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 120.0)
"""Seconds: upper bounds of what is counted together; slower ones are one more."""


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
