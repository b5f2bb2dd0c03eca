# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""The wish that a pod is looked after, and that what waits for it goes on."""

from sqlalchemy.orm import Session

from tricircle.jobs.kinds import Wish
from tricircle.jobs.queue import enqueue, hasten
from tricircle.pods import registry

KIND = "pod"
#: Seconds over which the jobs of a pod are spread that is there again.
_SPREAD = 5.0


def wish(pod_id: str) -> Wish:
    """Return the wish that a pod is looked after; it belongs to no project."""
    return Wish(KIND, pod_id, pod_id, "")


def look_after(session: Session, pod_id: str) -> None:
    """Have a pod looked after from the end of this transaction on."""
    made = wish(pod_id)
    enqueue(session, made.kind, made.resource_id, made.pod_id, made.project_id)


def resume(session: Session, pod_id: str) -> None:
    """Have what waits for a pod go on: the pod, or a service of it, is there again.

    What was tried while it was away would wait for minutes by now. Everything waits
    for the central region.
    """
    is_central = registry.get(session, pod_id).is_central
    hasten(session, None if is_central else pod_id, _SPREAD)
