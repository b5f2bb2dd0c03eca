# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Groups of volumes, and consistency groups, as they were once: each in one pod."""

from tricircle.gateway.makes import Makes
from tricircle.gateway.places import holds, names, place
from tricircle.gateway.spec import Action, Pagination, Resource, Strategy

_GROUP = holds(
    zone="availability_zone",
    group_type="group_type",
    volume_type="volume_types[]",
    links="links",
)


def lists(path: str, key: str, since: tuple[int, int]) -> tuple[Action, ...]:
    """A list, and the same in detail."""
    return tuple(
        Action(
            path=below,
            methods=("GET",),
            strategy=Strategy.BROADCAST,
            pagination=Pagination(
                key=key, detail=f"{path}/detail", brief=brief, since=since, zone=""
            ),
        )
        for below, brief in ((path, ("id", "name", "links")), (f"{path}/detail", ()))
    )


GROUP = Resource(
    type="group",
    show="/groups/{}",
    created=place("group.id"),
    project=place("group.project_id"),
    bodies={"group": _GROUP, "groups": _GROUP},
    actions=(
        Action(
            path="/groups",
            methods=("POST",),
            strategy=Strategy.SCHEDULED,
            zone=place("group.availability_zone"),
            needs=(
                *names("group_type", "group.group_type"),
                *names("volume_type", "group.volume_types[]"),
            ),
        ),
        Action(
            path="/groups/action",
            methods=("POST",),
            strategy=Strategy.SCHEDULED,
            near=(
                *names("group_snapshot", "create-from-src.group_snapshot_id"),
                *names("group", "create-from-src.source_group_id"),
            ),
            makes=Makes.GROUP_VOLUMES,
        ),
        *lists("/groups", "groups", (3, 13)),
        Action(
            path="/groups/{group}",
            methods=("GET", "PUT", "DELETE"),
            strategy=Strategy.OWNER,
            deletes=frozenset({"DELETE"}),
        ),
        Action(
            path="/groups/{group}/action",
            methods=("POST",),
            strategy=Strategy.OWNER,
            deletes=frozenset({"delete"}),
        ),
        Action(path="/groups/{group}/**", strategy=Strategy.OWNER),
    ),
)

_CONSISTENCY_GROUP = holds(zone="availability_zone", volume_type="volume_types[]")

CONSISTENCY_GROUP = Resource(
    type="consistencygroup",
    show="/consistencygroups/{}",
    created=place("consistencygroup.id"),
    bodies={
        "consistencygroup": _CONSISTENCY_GROUP,
        "consistencygroups": _CONSISTENCY_GROUP,
    },
    actions=(
        Action(
            path="/consistencygroups",
            methods=("POST",),
            strategy=Strategy.SCHEDULED,
            zone=place("consistencygroup.availability_zone"),
        ),
        Action(
            path="/consistencygroups/create_from_src",
            methods=("POST",),
            strategy=Strategy.SCHEDULED,
            near=(
                *names("cgsnapshot", "consistencygroup-from-src.cgsnapshot_id"),
                *names("consistencygroup", "consistencygroup-from-src.source_cgid"),
            ),
            makes=Makes.GROUP_VOLUMES,
        ),
        *lists("/consistencygroups", "consistencygroups", (3, 0)),
        Action(
            path="/consistencygroups/{consistencygroup}",
            methods=("GET", "PUT", "DELETE"),
            strategy=Strategy.OWNER,
            deletes=frozenset({"DELETE"}),
        ),
        # To delete one is a POST to a path of its own; the next show finds it gone.
        Action(
            path="/consistencygroups/{consistencygroup}/**", strategy=Strategy.OWNER
        ),
    ),
)
