# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""What a filter has to be."""

from typing import ClassVar, Protocol

from tricircle.pods.request import Request
from tricircle.pods.view import PodView


class Filter(Protocol):
    """A question that each pod is asked; made without arguments, used by all threads.

    ``is_lasting`` says what follows for a project whose current pod is refused.
    True: the pod takes nothing new, or not enough, so the project moves on and its
    new resources go to another pod from then on. False: the pod does not suit this
    request alone, which then goes elsewhere, and the project stays.
    """

    is_lasting: ClassVar[bool]

    def refuse(self, request: Request, pod: PodView) -> str | None:
        """Return why ``pod`` can't take ``request``, or None if it can.

        Called once for each pod, also for those that other filters refuse. It
        must decide by its arguments alone, without I/O, for it holds up a user's
        request, and must be right in a dry run too. The reason is shown to
        operators, after the pod's name. An exception ends the whole request.
        """
        ...
