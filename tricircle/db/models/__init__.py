# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""The tables, one noun a module.

``base`` holds what all share: names of constraints, column types, the clock.
``pod``, ``binding``, ``route``, ``job`` and ``quota`` are the nouns. A model is plain
data: it has no relationships that load by themselves, so it can be used after its
session ended. What must always hold is a constraint in the table, not a check in
Python.
"""

from tricircle.db.models.base import Base, new_id, now
from tricircle.db.models.binding import Binding
from tricircle.db.models.job import Job, JobState
from tricircle.db.models.pod import Health, Pod, PodState
from tricircle.db.models.quota import Account, Charge
from tricircle.db.models.route import Route, RouteState

__all__ = [
    "Account",
    "Base",
    "Binding",
    "Charge",
    "Health",
    "Job",
    "JobState",
    "Pod",
    "PodState",
    "Route",
    "RouteState",
    "new_id",
    "now",
]
