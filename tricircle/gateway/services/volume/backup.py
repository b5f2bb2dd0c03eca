# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Backups: each is kept by the Cinder that made it, that of its volume's pod."""

from tricircle.gateway.makes import Makes
from tricircle.gateway.places import holds, names, place
from tricircle.gateway.services.takes import BACKUP_QUOTA, IMPORT_QUOTA
from tricircle.gateway.spec import COMMON_FIELDS, Action, Pagination, Resource, Strategy

_BACKUP = holds(links="links", zone="availability_zone")

_FIELDS = {
    **COMMON_FIELDS,
    "display_name": "name",
    "size": "size",
    "updated_at": "updated_at",
}

BACKUP = Resource(
    type="backup",
    show="/backups/{}",
    created=place("backup.id"),
    project=place("backup.os-backup-project-attr:project_id"),
    bodies={"backup": _BACKUP, "backups": _BACKUP, "restore": ()},
    actions=(
        Action(
            path="/backups",
            methods=("POST",),
            strategy=Strategy.SCHEDULED,
            zone=place("backup.availability_zone"),
            near=(
                *names("volume", "backup.volume_id"),
                *names("snapshot", "backup.snapshot_id"),
            ),
            quota=BACKUP_QUOTA,
        ),
        # What is in the record is the back end's affair: the project's pod takes it.
        Action(
            path="/backups/import_record",
            methods=("POST",),
            strategy=Strategy.SCHEDULED,
            quota=IMPORT_QUOTA,
        ),
        Action(
            path="/backups",
            methods=("GET",),
            strategy=Strategy.BROADCAST,
            pagination=Pagination(
                key="backups",
                detail="/backups/detail",
                brief=("id", "name", "links"),
                fields=_FIELDS,
                zone="",
            ),
        ),
        Action(
            path="/backups/detail",
            methods=("GET",),
            strategy=Strategy.BROADCAST,
            pagination=Pagination(
                key="backups", detail="/backups/detail", fields=_FIELDS, zone=""
            ),
        ),
        Action(
            path="/backups/{backup}",
            methods=("GET", "PUT", "DELETE"),
            strategy=Strategy.OWNER,
            deletes=frozenset({"DELETE"}),
        ),
        Action(
            path="/backups/{backup}/action",
            methods=("POST",),
            strategy=Strategy.OWNER,
            deletes=frozenset({"os-force_delete"}),
        ),
        Action(
            path="/backups/{backup}/restore",
            methods=("POST",),
            strategy=Strategy.OWNER,
            near=names("volume", "restore.volume_id"),
            makes=Makes.RESTORED_VOLUME,
        ),
        Action(path="/backups/{backup}/**", strategy=Strategy.OWNER),
    ),
)
