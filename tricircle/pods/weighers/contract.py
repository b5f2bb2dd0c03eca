# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""What a weigher has to be."""

from typing import Protocol

from tricircle.pods.request import Request
from tricircle.pods.view import PodView


class Weigher(Protocol):
    """An aspect of pods; made without arguments, used by all threads."""

    def weigh(self, request: Request, pod: PodView) -> float:
        """Return how well ``pod`` suits ``request``: 0 badly, 1 at best.

        Called for the pods that all filters let pass. It must decide by its
        arguments alone, without I/O. An exception ends the whole request.
        """
        ...
