# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Snapshots of groups, and of consistency groups: each lives where its group does."""

from tricircle.gateway.makes import Makes
from tricircle.gateway.places import holds, names, place
from tricircle.gateway.services.volume.group import lists
from tricircle.gateway.spec import Action, Resource, Strategy

_GROUP_SNAPSHOT = holds(group_type="group_type_id", links="links")

GROUP_SNAPSHOT = Resource(
    type="group_snapshot",
    show="/group_snapshots/{}",
    created=place("group_snapshot.id"),
    project=place("group_snapshot.project_id"),
    bodies={"group_snapshot": _GROUP_SNAPSHOT, "group_snapshots": _GROUP_SNAPSHOT},
    actions=(
        Action(
            path="/group_snapshots",
            methods=("POST",),
            strategy=Strategy.SCHEDULED,
            near=names("group", "group_snapshot.group_id"),
            makes=Makes.GROUP_SNAPSHOTS,
        ),
        *lists("/group_snapshots", "group_snapshots", (3, 29)),
        Action(
            path="/group_snapshots/{group_snapshot}",
            methods=("GET", "DELETE"),
            strategy=Strategy.OWNER,
            deletes=frozenset({"DELETE"}),
        ),
        Action(path="/group_snapshots/{group_snapshot}/**", strategy=Strategy.OWNER),
    ),
)

CGSNAPSHOT = Resource(
    type="cgsnapshot",
    show="/cgsnapshots/{}",
    created=place("cgsnapshot.id"),
    bodies={"cgsnapshot": (), "cgsnapshots": ()},
    actions=(
        Action(
            path="/cgsnapshots",
            methods=("POST",),
            strategy=Strategy.SCHEDULED,
            near=names("consistencygroup", "cgsnapshot.consistencygroup_id"),
            makes=Makes.GROUP_SNAPSHOTS,
        ),
        *lists("/cgsnapshots", "cgsnapshots", (3, 0)),
        Action(
            path="/cgsnapshots/{cgsnapshot}",
            methods=("GET", "DELETE"),
            strategy=Strategy.OWNER,
            deletes=frozenset({"DELETE"}),
        ),
    ),
)
