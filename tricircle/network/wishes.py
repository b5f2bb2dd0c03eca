# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Wishes that follow from a change in the central region: one for each replica."""

import logging
from collections.abc import Callable, Collection, Mapping
from typing import Any

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from tricircle.db.engine import Database
from tricircle.db.errors import DatabaseUnavailable
from tricircle.jobs.nudge import Nudger
from tricircle.jobs.queue import enqueue
from tricircle.network import members
from tricircle.pods import routing

LOG = logging.getLogger(__name__)


class Wishes:
    """Queues jobs; it is called in users' requests, so it is quick and never raises."""

    def __init__(self, database: Database, nudger: Nudger) -> None:
        self._database = database
        self._nudger = nudger

    def changed(self, kind: str, *resource_ids: str) -> None:
        """Have all replicas of resources that changed, or are gone, made to agree.

        If that can't be written down, the audit finds the change later.
        """

        def work(session: Session) -> int:
            return _wish(session, kind, resource_ids)

        self._queue(kind, ", ".join(resource_ids), work)

    def port_changed(self, port: Mapping[str, Any]) -> None:
        """Have the replica of a port made to agree, and other pods admit it as it is.

        ``port`` is as Neutron shows it.
        """

        def work(session: Session) -> int:
            members.follow(session, port)
            return _wish(session, "port", [port["id"]])

        self._queue("port", port["id"], work)

    def port_gone(self, port_id: str) -> None:
        """Have the replica of a port removed, and other pods admit it no more."""

        def work(session: Session) -> int:
            members.leave(session, port_id)
            return _wish(session, "port", [port_id])

        self._queue("port", port_id, work)

    def wanted(self, kind: str, resource_id: str, project_id: str) -> None:
        """Have it found out what of a resource shall be in which pods, and done."""

        def work(session: Session) -> int:
            enqueue(session, kind, resource_id, None, project_id)
            return 1

        self._queue(kind, resource_id, work)

    def _queue(
        self, kind: str, resource_id: str, work: Callable[[Session], int]
    ) -> None:
        try:
            wanted = self._database.retried(work)
        except (DatabaseUnavailable, SQLAlchemyError) as error:
            # Whatever is wrong with our database, the user's change is made.
            LOG.error(
                "A change of %s %s waits for the audit: %s",
                kind,
                resource_id,
                error,
            )
            return
        if wanted:
            self._nudger.nudge()


def _wish(session: Session, kind: str, resource_ids: Collection[str]) -> int:
    # In one order, or two who enqueue the same would wait for each other.
    routes = sorted(
        routing.find_many(session, kind, resource_ids),
        key=lambda route: (route.resource_id, route.pod_id),
    )
    for route in routes:
        resource_id, project_id = str(route.resource_id), route.project_id
        enqueue(session, kind, resource_id, route.pod_id, project_id)
    return len(routes)
