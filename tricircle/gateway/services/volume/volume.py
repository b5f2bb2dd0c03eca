# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Volumes: each lives in one pod, with all that is below it."""

from tricircle.gateway.spec import (
    Action,
    Pagination,
    Resource,
    Strategy,
    Sum,
    holds,
    names,
    place,
)

_VOLUME = holds(links="links", zone="availability_zone")

_FIELDS = {"display_name": "name"}

VOLUME_RESOURCE = Resource(
    type="volume",
    show="/volumes/{}",
    created=place("volume.id"),
    project=place("volume.os-vol-tenant-attr:tenant_id"),
    bodies={"volume": _VOLUME, "volumes": _VOLUME},
    actions=(
        Action(
            path="/volumes",
            methods=("POST",),
            strategy=Strategy.SCHEDULED,
            zone=place("volume.availability_zone"),
            needs=names("volume_type", "volume.volume_type"),
            near=(
                *names("snapshot", "volume.snapshot_id"),
                *names("volume", "volume.source_volid"),
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
                )
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
            deletes=frozenset({"os-force_delete", "os-unmanage"}),
        ),
        # Whatever else Cinder has, or will have, below a volume.
        Action(path="/volumes/{volume}/**", strategy=Strategy.OWNER),
    ),
)
