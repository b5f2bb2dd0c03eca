# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Looking at pods, and writing down what was seen: their health, and what they can.

Where a service that was down is seen to be up, ``returned`` is called with the pod's
id, in the transaction that records it.
"""

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from tricircle.db.engine import Database
from tricircle.db.models import Pod, now
from tricircle.pods import health, registry
from tricircle.pods.errors import PodNotFound
from tricircle.pods.health import Condition, Patience
from tricircle.pods.outside import Prober

Returned = Callable[[Session, str], None]


def nobody(session: Session, pod_id: str) -> None:
    """Tell nobody."""


def look(
    database: Database,
    prober: Prober,
    pod_id: str,
    patience: Patience,
    returned: Returned = nobody,
) -> tuple[Pod, Condition]:
    """Look how a pod is, record it, and return the pod and its condition.

    PodNotFound, and what the prober raises: then nothing is recorded.
    """
    name = database.retried_read(lambda session: registry.get(session, pod_id)).name
    report = prober.look(name)
    errors = {type_: str(error) for type_, error in report.failures.items()}
    return database.retried(
        lambda session: record(
            session, pod_id, report.capabilities, errors, patience, returned
        )
    )


def record(
    session: Session,
    pod_id: str,
    found: Mapping[str, Any],
    errors: Mapping[str, str],
    patience: Patience,
    returned: Returned = nobody,
) -> tuple[Pod, Condition]:
    """Record what a look just found; return the pod and its condition. PodNotFound.

    ``found`` is what those services can that answered; ``errors`` has the others,
    whose capabilities stay as they were.
    """
    pod = session.get(Pod, pod_id, with_for_update=True, populate_existing=True)
    if pod is None:
        raise PodNotFound(f"there is no pod {pod_id}")
    moment = now()
    seen: dict[str, str | None] = {**dict.fromkeys(found), **errors}
    before = Condition.of(pod)
    condition = health.observe(before, seen, moment, patience)
    known = {key: pod.capabilities[key] for key in errors if key in pod.capabilities}
    capabilities = {**known, **found}
    changes = {**condition.columns(), "checked_at": moment}
    if capabilities != pod.capabilities:
        changes["capabilities"] = capabilities
    else:
        # To look at a pod is not to change it.
        changes["updated_at"] = Pod.updated_at
    session.execute(
        update(Pod).where(Pod.id == pod_id).values(changes),
        execution_options={"synchronize_session": False},
    )
    if before.away - condition.away:
        returned(session, pod_id)
    session.refresh(pod)
    return pod, condition
