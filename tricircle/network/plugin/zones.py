# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Availability zones of networks and routers: those of the pods.

Stock Neutron asks agents, of which the central region has none.
"""

import logging
import time
from typing import Any

from neutron_lib.exceptions import availability_zone
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from tricircle.db.engine import Database
from tricircle.db.errors import DatabaseUnavailable
from tricircle.db.models import Pod, Route

LOG = logging.getLogger(__name__)

_RESOURCES = ("network", "router")
#: After a failure the database is not asked for that long: a list has many rows.
_REST_SECONDS = 5.0


class Zones:
    """The zones that users may name, and those where something is realised."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._asleep_until = 0.0

    def install(self, core: Any) -> None:
        """Make the core plugin answer with these zones, as ML2/OVN does with its."""
        core.get_availability_zones = self.shown
        core.validate_availability_zones = self.validate
        core.get_network_availability_zones = self.of_network

    def shown(self, context: Any, filters: Any = None, **_: Any) -> list[Any]:
        """Return the zones as Neutron's API shows them."""
        found = [
            {
                "name": name,
                "resource": resource,
                "state": "available",
                "project_id": context.project_id,
            }
            for name in sorted(self._names())
            for resource in _RESOURCES
        ]
        wanted = {name: set(values) for name, values in (filters or {}).items()}
        return [
            zone
            for zone in found
            if all(zone.get(name) in values for name, values in wanted.items())
        ]

    def validate(self, context: Any, resource_type: str, names: Any) -> None:
        """Refuse a zone that no pod is in."""
        unknown = set(names or ()) - self._names()
        if unknown:
            raise availability_zone.AvailabilityZoneNotFound(
                availability_zone=", ".join(sorted(unknown))
            )

    def of_network(self, network: Any) -> list[str]:
        """Return the zones where a network is realised."""
        return self.of("network", network["id"])

    def of(self, kind: str, resource_id: str) -> list[str]:
        """Return the zones where a resource is realised; none if nobody can tell."""
        if time.monotonic() < self._asleep_until:
            return []

        def work(session: Session) -> list[str]:
            names = (
                select(Pod.az_name)
                .join(Route, Route.pod_id == Pod.id)
                .where(Route.resource_type == kind, Route.resource_id == resource_id)
            )
            return sorted({name for name in session.scalars(names) if name})

        try:
            return self._database.retried_read(work)
        except (DatabaseUnavailable, SQLAlchemyError) as error:
            # A network is shown all the same.
            LOG.warning("Zones are not shown for now: %s", error)
            self._asleep_until = time.monotonic() + _REST_SECONDS
            return []

    def _names(self) -> set[str]:
        names = select(Pod.az_name).where(Pod.az_name.is_not(None))
        return self._database.retried_read(
            lambda session: {str(name) for name in session.scalars(names)}
        )
