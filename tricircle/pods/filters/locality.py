# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Only the pod of what the resource needs beside it."""

from typing import ClassVar

from tricircle.pods.request import Request
from tricircle.pods.view import PodView


class LocalityFilter:
    """Refuses pods where a needed volume or snapshot is not."""

    is_lasting: ClassVar[bool] = False

    def refuse(self, request: Request, pod: PodView) -> str | None:
        """See ``contract.Filter``."""
        elsewhere = [
            f"{neighbour.resource_type} {neighbour.id}"
            for neighbour in request.beside
            if neighbour.pod_id != pod.id
        ]
        return f"does not have {', '.join(elsewhere)}" if elsewhere else None
