# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Only pods that take new resources at all."""

from typing import ClassVar

from tricircle.db.models import PodState
from tricircle.pods.request import Request
from tricircle.pods.view import PodView


class StateFilter:
    """Refuses pods that are cordoned, or being made or deleted."""

    is_lasting: ClassVar[bool] = True

    def refuse(self, request: Request, pod: PodView) -> str | None:
        """See ``contract.Filter``."""
        return None if pod.state == PodState.ACTIVE else f"is {pod.state}"
