# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Volumes: each lives in one pod, with all that is below it."""

from tricircle.gateway.places import holds, names, place
from tricircle.gateway.services.takes import CHANGE_QUOTA, VOLUME_QUOTA
from tricircle.gateway.spec import (
    COMMON_FIELDS,
    Action,
    Default,
    Pagination,
    Resource,
    Strategy,
    Sum,
)
from tricircle.quotas.taking import USUAL_TYPE

_VOLUME = holds(
    links="links",
    zone="availability_zone",
    host="os-vol-host-attr:host cluster_name",
    volume_type="volume_type_id",
)

VOLUME_BODIES = {"volume": _VOLUME, "volumes": _VOLUME}

_FIELDS = {
    **COMMON_FIELDS,
    "availability_zone": "availability_zone",
    "bootable": "bootable",
    "display_name": "name",
    "size": "size",
    "updated_at": "updated_at",
}


def _hints(hint: str) -> tuple[str, ...]:
    """Where a scheduler hint may be: beside the volume, or in it."""
    return (
        f"OS-SCH-HNT:scheduler_hints.{hint}",
        f"volume.OS-SCH-HNT:scheduler_hints.{hint}",
        f"volume.scheduler_hints.{hint}",
    )


VOLUME_RESOURCE = Resource(
    type="volume",
    show="/volumes/{}",
    created=place("volume.id"),
    project=place("volume.os-vol-tenant-attr:tenant_id"),
    bodies=VOLUME_BODIES,
    actions=(
        Action(
            path="/volumes",
            methods=("POST",),
            strategy=Strategy.SCHEDULED,
            zone=place("volume.availability_zone"),
            needs=names("volume_type", "volume.volume_type"),
            quota=VOLUME_QUOTA,
            default=Default(
                at=("volume", "volume_type"),
                path="/types/default",
                everywhere=USUAL_TYPE,
                unless=("snapshot_id", "source_volid", "backup_id", "imageRef"),
            ),
            near=(
                *names("snapshot", "volume.snapshot_id"),
                *names("volume", "volume.source_volid"),
                *names("backup", "volume.backup_id"),
                *names("group", "volume.group_id"),
                *names("consistencygroup", "volume.consistencygroup_id"),
                *names("volume", *_hints("same_host"), *_hints("same_host[]")),
                *names("server", *_hints("local_to_instance")),
            ),
        ),
        Action(
            path="/volumes",
            methods=("GET",),
            strategy=Strategy.BROADCAST,
            pagination=Pagination(
                key="volumes",
                detail="/volumes/detail",
                brief=("id", "links", "name"),
                fields=_FIELDS,
            ),
        ),
        Action(
            path="/volumes/detail",
            methods=("GET",),
            strategy=Strategy.BROADCAST,
            pagination=Pagination(
                key="volumes", detail="/volumes/detail", fields=_FIELDS
            ),
        ),
        Action(
            path="/volumes/summary",
            methods=("GET",),
            strategy=Strategy.SUMMED,
            sum=Sum(
                at=(
                    place("volume-summary.total_size"),
                    place("volume-summary.total_count"),
                ),
                united=(place("volume-summary.metadata"),),
            ),
        ),
        Action(
            path="/volumes/{volume}",
            methods=("GET", "PUT", "DELETE"),
            strategy=Strategy.OWNER,
            deletes=frozenset({"DELETE"}),
        ),
        Action(
            path="/volumes/{volume}/action",
            methods=("POST",),
            strategy=Strategy.OWNER,
            needs=names("volume_type", "os-retype.new_type"),
            quota=CHANGE_QUOTA,
            near=(
                *names("volume", "os-migrate_volume_completion.new_volume"),
                *names("snapshot", "revert.snapshot_id"),
            ),
            request=holds(host="os-migrate_volume.host os-migrate_volume.cluster"),
            deletes=frozenset({"os-force_delete", "os-unmanage"}),
        ),
        # Whatever else Cinder has, or will have, below a volume.
        Action(path="/volumes/{volume}/**", strategy=Strategy.OWNER),
    ),
)
