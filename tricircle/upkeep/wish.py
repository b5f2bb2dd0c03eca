# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""The wish that a pod is looked after."""

from sqlalchemy.orm import Session

from tricircle.jobs.kinds import Wish
from tricircle.jobs.queue import enqueue

KIND = "pod"


def wish(pod_id: str) -> Wish:
    """Return the wish that a pod is looked after; it belongs to no project."""
    return Wish(KIND, pod_id, pod_id, "")


def look_after(session: Session, pod_id: str) -> None:
    """Have a pod looked after from the end of this transaction on."""
    made = wish(pod_id)
    enqueue(session, made.kind, made.resource_id, made.pod_id, made.project_id)
