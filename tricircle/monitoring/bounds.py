# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Into which times histograms are divided: the same in all services, to compare them.

They are upper bounds, in seconds; what took longer is one more.
"""

BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 120.0)
"""Of calls."""

JOB_BOUNDS = (*BOUNDS, 600.0, 1800.0)
"""Of jobs, which may take as long as [jobs] run_time_limit."""
