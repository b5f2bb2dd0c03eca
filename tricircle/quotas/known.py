# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""What is known of a project: its routes, with what they take."""

from dataclasses import dataclass, field
from datetime import datetime

from tricircle.quotas.taking import Takes

#: The type of routes that stand for what pods make by themselves (``holds``).
HOLD = "hold"
#: The types of what is made so.
MADE = ("volume", "snapshot")


@dataclass(frozen=True, slots=True)
class Known:
    """A route of the project's, with its charges."""

    route_id: str
    type: str
    id: str | None
    pod_id: str
    made_at: datetime
    is_pending: bool = False
    charges: Takes = field(default_factory=dict)
    is_raised: bool = False
    """Something larger was asked for a moment ago."""
    is_settled: bool = False
    """It is so old that no gateway is at work on it."""
