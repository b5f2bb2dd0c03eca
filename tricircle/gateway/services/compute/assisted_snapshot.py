# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Snapshots that Cinder has Nova make: in the pod where the volume is."""

from tricircle.gateway.places import names
from tricircle.gateway.spec import Action, Resource, Strategy

ASSISTED_SNAPSHOT = Resource(
    type="assisted_snapshot",
    actions=(
        Action(
            path="/os-assisted-volume-snapshots",
            methods=("POST",),
            strategy=Strategy.OWNER,
            near=names("volume", "snapshot.volume_id"),
        ),
        Action(
            path="/os-assisted-volume-snapshots/{snapshot}",
            methods=("DELETE",),
            strategy=Strategy.OWNER,
        ),
    ),
)
