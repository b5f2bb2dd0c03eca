# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""A request that was served, or is about to be."""

import msgspec

from tricircle.gateway.intake import Draft, Scope
from tricircle.gateway.message import Answer
from tricircle.gateway.spec import Service

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
FAILED, GONE = 500, 499
"""What is noted where there is no answer: for a fault of ours, or because the client
went away while it sent its body, as nginx has it."""


class Seen(msgspec.Struct):
    """What is known of a request."""

    service: Service
    scope: Scope
    request_id: str
    begun: float
    """By the observer's clock."""
    draft: Draft | None = None
    """It was refused before it was looked at, if there is none."""
    answer: Answer | None = None
    status: int = FAILED

    @property
    def writes(self) -> bool:
        """Whether it may change something."""
        if self.scope["method"] not in SAFE:
            return True
        match = self.draft.match if self.draft is not None else None
        return match is not None and match.action.exact

    def answered(self, answer: Answer) -> None:
        """It has its answer."""
        self.answer = answer
        self.status = answer.status
