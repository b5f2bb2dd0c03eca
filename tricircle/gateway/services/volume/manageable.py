# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Volumes and snapshots that a back end has and Cinder does not know: taken in.

The list is of one back end, so the host's name tells the pod.
"""

from tricircle.gateway.places import holds, names, place
from tricircle.gateway.services.takes import MANAGED_QUOTA, SNAPSHOT_QUOTA
from tricircle.gateway.services.volume.volume import VOLUME_BODIES
from tricircle.gateway.spec import Action, Resource, Strategy


def _lists(root: str) -> tuple[Action, ...]:
    return tuple(
        Action(
            path=path,
            methods=("GET",),
            strategy=Strategy.SOUGHT,
            query=holds(host="host cluster"),
            exact=True,
        )
        for path in (root, f"{root}/detail")
    )


_VOLUMES = ("/os-volume-manage", "/manageable_volumes")
_SNAPSHOTS = ("/os-snapshot-manage", "/manageable_snapshots")

MANAGEABLE_VOLUME = Resource(
    type="volume",
    created=place("volume.id"),
    bodies=VOLUME_BODIES,
    actions=(
        *(action for root in _VOLUMES for action in _lists(root)),
        *(
            Action(
                path=root,
                methods=("POST",),
                strategy=Strategy.SCHEDULED,
                request=holds(host="volume.host volume.cluster"),
                zone=place("volume.availability_zone"),
                needs=names("volume_type", "volume.volume_type"),
                quota=MANAGED_QUOTA,
            )
            for root in _VOLUMES
        ),
    ),
)

MANAGEABLE_SNAPSHOT = Resource(
    type="snapshot",
    created=place("snapshot.id"),
    actions=(
        *(action for root in _SNAPSHOTS for action in _lists(root)),
        *(
            Action(
                path=root,
                methods=("POST",),
                strategy=Strategy.SCHEDULED,
                near=names("volume", "snapshot.volume_id"),
                quota=SNAPSHOT_QUOTA,
            )
            for root in _SNAPSHOTS
        ),
    ),
)
