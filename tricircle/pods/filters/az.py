# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Only pods of the zone that the user chose."""

from typing import ClassVar

from tricircle.pods.request import Request
from tricircle.pods.view import PodView


class AzFilter:
    """Refuses pods of other zones; a user who names no zone takes any."""

    is_lasting: ClassVar[bool] = False

    def refuse(self, request: Request, pod: PodView) -> str | None:
        """See ``contract.Filter``."""
        if request.az_name is None or pod.az_name == request.az_name:
            return None
        return f"is in {pod.az_name}, not in {request.az_name}"
