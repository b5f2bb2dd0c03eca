# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Transfers of volumes to other projects: each lives where its volume does.

Who accepts one cannot see it before. So it is accepted where it is known to live, or by
the one pod that has it.
"""

from tricircle.gateway.makes import Makes
from tricircle.gateway.places import holds, names, place
from tricircle.gateway.spec import Action, Pagination, Resource, Strategy

_TRANSFER = holds(links="links")


def _actions(root: str) -> tuple[Action, ...]:
    return (
        Action(
            path=root,
            methods=("POST",),
            strategy=Strategy.SCHEDULED,
            near=names("volume", "transfer.volume_id"),
        ),
        *(
            Action(
                path=path,
                methods=("GET",),
                strategy=Strategy.BROADCAST,
                pagination=Pagination(
                    key="transfers",
                    detail=f"{root}/detail",
                    brief=brief,
                    since=(3, 59),
                    zone="",
                ),
            )
            for path, brief in (
                (root, ("id", "volume_id", "name", "links")),
                (f"{root}/detail", ()),
            )
        ),
        Action(
            path=f"{root}/{{transfer}}",
            methods=("GET", "DELETE"),
            strategy=Strategy.OWNER,
            deletes=frozenset({"DELETE"}),
        ),
        Action(
            path=f"{root}/{{transfer}}/accept",
            methods=("POST",),
            strategy=Strategy.SOUGHT,
            makes=Makes.ACCEPTED,
        ),
    )


TRANSFER = Resource(
    type="transfer",
    show="/volume-transfers/{}",
    created=place("transfer.id"),
    bodies={"transfer": _TRANSFER, "transfers": _TRANSFER},
    # By its old name it takes no snapshots along; otherwise it is the same.
    actions=(*_actions("/volume-transfers"), *_actions("/os-volume-transfer")),
)
