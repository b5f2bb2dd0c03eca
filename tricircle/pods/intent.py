# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""What is written down of a pod before and after something is done outside for it.

These are the transactions of ``membership``, whose docstring tells in which order.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from tricircle.db.models import Pod, PodState
from tricircle.pods import registry
from tricircle.pods.errors import (
    CentralRegionInUse,
    PodExists,
    PodInUse,
    PodNotFound,
    PodUnsettled,
)


@dataclass(frozen=True)
class Wanted:
    """A region that shall be a pod; without ``az_name`` the central region."""

    name: str
    az_name: str = ""
    pod_az_name: str = ""
    dc_name: str = ""

    def describes(self, pod: Pod) -> bool:
        """Say whether ``pod`` is just what is wanted."""
        return self == Wanted(pod.name, pod.az_name or "", pod.pod_az_name, pod.dc_name)


def is_settled(pod: Pod) -> bool:
    """Say whether nothing is left to be done outside to make it a pod."""
    return pod.az_name is None or pod.aggregate_id is not None


def joining(session: Session, wanted: Wanted) -> Pod | None:
    """The pod that a join before us has left unsettled, if it was for the same."""
    try:
        pod = registry.by_name(session, wanted.name)
    except PodNotFound:
        return None
    if pod.state == PodState.LEAVING:
        raise PodUnsettled(_wait(pod))
    if not is_settled(pod) and wanted.describes(pod):
        return pod
    raise PodExists(f"region {wanted.name} is a pod already: {pod.id}")


def changeable(session: Session, pod_id: str) -> dict[str, Any]:
    """What a pod that may be changed is."""
    pod = registry.get(session, pod_id)
    if pod.state in {PodState.JOINING, PodState.LEAVING}:
        raise PodUnsettled(_wait(pod))
    return _columns(pod)


def settled(session: Session, pod_id: str, zone: str, aggregate_id: int) -> Pod | None:
    """Record the aggregate, if it still shows the pod's zone; None if it leaves."""
    pod = session.get(Pod, pod_id, with_for_update=True)
    if pod is None or pod.state == PodState.LEAVING:
        return None
    if pod.az_name == zone:
        pod.aggregate_id = aggregate_id
        if pod.state == PodState.JOINING:
            pod.state = PodState.ACTIVE
    return pod


def forget(session: Session, pod_id: str) -> None:
    """Undo the intent to join, unless someone else has settled it."""
    try:
        if registry.get(session, pod_id).state == PodState.JOINING:
            registry.delete(session, pod_id)
    except (PodNotFound, PodInUse):
        return


def closed(session: Session, pod_id: str) -> dict[str, Any]:
    """Write the intent to leave; return what the pod was before it."""
    before = _columns(registry.get(session, pod_id))
    routes, bindings = registry.usage(session, pod_id)
    if routes or bindings:
        raise PodInUse(before["name"], routes, bindings)
    if before["is_central"]:
        pods = len(registry.pods(session, with_central=False))
        if pods:
            raise CentralRegionInUse(
                f"{before['name']} is the central region of {pods} pod(s); delete these"
                " first"
            )
    else:
        registry.update(session, pod_id, state=PodState.LEAVING, aggregate_id=None)
    return before


def reopened(session: Session, pod_id: str, state: PodState) -> Pod:
    """Take back the intent to leave: the pod is in ``state`` again. PodNotFound."""
    pod = registry.get(session, pod_id)
    if pod.state == PodState.LEAVING:
        pod.state = state
    return pod


def _wait(pod: Pod) -> str:
    return f"pod {pod.name} is {pod.state} just now; try again when that is done"


def _columns(pod: Pod) -> dict[str, Any]:
    return {column.key: getattr(pod, column.key) for column in Pod.__table__.columns}
