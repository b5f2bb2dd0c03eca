# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Migrations, of all pods. Those of one server are below the server."""

from tricircle.gateway.places import holds
from tricircle.gateway.spec import Action, Pagination, Resource, Strategy

_MIGRATION = holds(
    number="id",
    host="source_compute source_node dest_compute dest_node",
    links="links",
)

MIGRATION = Resource(
    type="migration",
    bodies={"migrations": _MIGRATION},
    actions=(
        Action(
            path="/os-migrations",
            methods=("GET",),
            strategy=Strategy.BROADCAST,
            query=holds(host="host source_compute dest_compute"),
            pagination=Pagination(
                key="migrations",
                detail="/os-migrations",
                id="uuid",
                since=(2, 59),
                zone="",
            ),
        ),
    ),
)
