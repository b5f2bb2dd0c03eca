# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Prefer pods with much free memory."""

from tricircle.pods.request import Request
from tricircle.pods.view import PodView


class RoomWeigher:
    """The free share of a pod's memory; a half where it is unknown."""

    def weigh(self, request: Request, pod: PodView) -> float:
        """See ``contract.Weigher``."""
        if pod.capacity is None or pod.capacity.total_memory_mb <= 0:
            return 0.5
        return min(1.0, max(0.0, pod.capacity.memory_mb / pod.capacity.total_memory_mb))
