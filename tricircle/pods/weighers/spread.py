# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Prefer pods with few projects."""

from tricircle.pods.request import Request
from tricircle.pods.view import PodView


class SpreadWeigher:
    """1 for a pod without projects, and less with each one more."""

    def weigh(self, request: Request, pod: PodView) -> float:
        """See ``contract.Weigher``."""
        return 1 / (1 + pod.projects)
