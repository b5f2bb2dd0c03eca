# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Wishes the jobs that mend drift: they decide again, by what they find then."""

import logging
from collections.abc import Iterable

from sqlalchemy.orm import Session

from tricircle.db.engine import Database
from tricircle.jobs.queue import enqueue
from tricircle.network.errors import CentralGone
from tricircle.network.reach import Reach
from tricircle.network.reconcilers.network import NetworkReconciler
from tricircle.network.verify.drift import Drift, Sort, job_of
from tricircle.pods import routing
from tricircle.pods.errors import RouteElsewhere, RouteExists

LOG = logging.getLogger(__name__)


def repair(reach: Reach, found: Iterable[Drift]) -> int:
    """Wish a job for each of the drifts that a job can mend; return how many.

    A stray gets a route that nobody works on: its job takes it for what someone who
    died left behind, so it is kept if the central resource is there, else removed.
    """
    database = reach.database
    count = 0
    for drift in found:
        if drift.sort is Sort.UNKNOWN:
            continue
        if drift.sort is Sort.STRAY and not _intended(reach, drift):
            continue
        _wish(database, drift)
        count += 1
    return count


def _wish(database: Database, drift: Drift) -> None:
    kind, resource_id = job_of(drift.kind, drift.resource_id)

    def work(session: Session) -> None:
        enqueue(session, kind, resource_id, drift.pod_id, drift.project_id)

    database.retried(work)


def _intended(reach: Reach, drift: Drift) -> bool:
    """Write an intent down for a stray; return whether it may be in its pod."""
    is_sole = _is_sole(reach, drift)

    def work(session: Session) -> None:
        routing.intend(
            session,
            resource_type=drift.kind,
            resource_id=drift.resource_id,
            pod_id=str(drift.pod_id),
            project_id=drift.project_id,
            is_sole=is_sole,
        )

    try:
        reach.database.retried(work)
    except RouteExists:
        # Whoever was faster works on it.
        return True
    except RouteElsewhere as elsewhere:
        LOG.warning("%s %s is left: %s", drift.kind, drift.resource_id, elsewhere)
        return False
    return True


def _is_sole(reach: Reach, drift: Drift) -> bool:
    networks = NetworkReconciler(reach)
    if drift.kind != networks.kind:
        return False
    try:
        return networks.is_sole(drift.resource_id)
    except CentralGone:
        return False
