# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Who may see jobs and have them done again."""

from tricircle.policies.base import name, rules

LIST = name("job", "list")
SHOW = name("job", "show")
REDO = name("job", "redo")

RULES = rules(
    "job",
    {
        "list": ("GET", "/v1.0/jobs", "List jobs."),
        "show": ("GET", "/v1.0/jobs/{job_id}", "Show a job."),
        "redo": ("PUT", "/v1.0/jobs/{job_id}", "Have a job done again."),
    },
)
