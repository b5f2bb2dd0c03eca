# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""What Nova passes on to Cinder, up to 2.35: volumes are in pods, so their Novas do."""

from tricircle.gateway.places import holds, names, place
from tricircle.gateway.services.takes import SNAPSHOT_QUOTA, VOLUME_QUOTA
from tricircle.gateway.spec import Action, Pagination, Resource, Strategy

_VOLUME = holds(zone="availabilityZone")


def _lists(path: str, key: str) -> tuple[Action, ...]:
    return tuple(
        Action(
            path=below,
            methods=("GET",),
            strategy=Strategy.BROADCAST,
            pagination=Pagination(
                key=key, detail=below, default=(), since=None, none_is_404=True, zone=""
            ),
        )
        for below in (path, f"{path}/detail")
    )


VOLUME_PROXY = Resource(
    type="volume",
    created=place("volume.id"),
    bodies={"volume": _VOLUME, "volumes": _VOLUME},
    actions=(
        *_lists("/os-volumes", "volumes"),
        Action(
            path="/os-volumes",
            methods=("POST",),
            strategy=Strategy.SCHEDULED,
            zone=place("volume.availability_zone"),
            near=names("snapshot", "volume.snapshot_id"),
            quota=VOLUME_QUOTA,
        ),
        Action(
            path="/os-volumes/{volume}",
            methods=("GET", "DELETE"),
            strategy=Strategy.OWNER,
            deletes=frozenset({"DELETE"}),
        ),
    ),
)

SNAPSHOT_PROXY = Resource(
    type="snapshot",
    created=place("snapshot.id"),
    actions=(
        *_lists("/os-snapshots", "snapshots"),
        Action(
            path="/os-snapshots",
            methods=("POST",),
            strategy=Strategy.SCHEDULED,
            near=names("volume", "snapshot.volume_id"),
            quota=SNAPSHOT_QUOTA,
        ),
        Action(
            path="/os-snapshots/{snapshot}",
            methods=("GET", "DELETE"),
            strategy=Strategy.OWNER,
            deletes=frozenset({"DELETE"}),
        ),
    ),
)
