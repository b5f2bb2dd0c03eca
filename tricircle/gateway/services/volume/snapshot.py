# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Snapshots: each lives where its volume does."""

from tricircle.gateway.places import names, place
from tricircle.gateway.services.takes import SNAPSHOT_QUOTA
from tricircle.gateway.spec import COMMON_FIELDS, Action, Pagination, Resource, Strategy

_FIELDS = {
    **COMMON_FIELDS,
    "display_name": "name",
    "size": "size",
    "updated_at": "updated_at",
    "volume_id": "volume_id",
}

SNAPSHOT = Resource(
    type="snapshot",
    show="/snapshots/{}",
    created=place("snapshot.id"),
    project=place("snapshot.os-extended-snapshot-attributes:project_id"),
    actions=(
        Action(
            path="/snapshots",
            methods=("POST",),
            strategy=Strategy.SCHEDULED,
            near=names("volume", "snapshot.volume_id"),
            quota=SNAPSHOT_QUOTA,
        ),
        # Its short form has all that sorting needs.
        Action(
            path="/snapshots",
            methods=("GET",),
            strategy=Strategy.BROADCAST,
            pagination=Pagination(
                key="snapshots", detail="/snapshots", fields=_FIELDS, zone=""
            ),
        ),
        Action(
            path="/snapshots/detail",
            methods=("GET",),
            strategy=Strategy.BROADCAST,
            pagination=Pagination(
                key="snapshots", detail="/snapshots/detail", fields=_FIELDS, zone=""
            ),
        ),
        Action(
            path="/snapshots/{snapshot}",
            methods=("GET", "PUT", "DELETE"),
            strategy=Strategy.OWNER,
            deletes=frozenset({"DELETE"}),
        ),
        Action(
            path="/snapshots/{snapshot}/action",
            methods=("POST",),
            strategy=Strategy.OWNER,
            deletes=frozenset({"os-force_delete", "os-unmanage"}),
        ),
        Action(path="/snapshots/{snapshot}/**", strategy=Strategy.OWNER),
    ),
)
