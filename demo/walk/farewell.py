# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""The walk's end: what lives where; all is deleted, the pods are empty. Pure data."""

from demo.walk.command import columns, curl, openstack
from demo.walk.places import forgotten, holds_none, lived
from demo.walk.scene import (
    FLAVOR,
    GROUP,
    KEY,
    NETWORK,
    OPERATOR,
    SUBNET,
    USER,
    Scene,
    Zone,
)
from demo.walk.step import Ask, Await, Lane, Step, run

_ROUTINGS = "${api}/routings?project_id=${project}"
#: What can be in a pod: the client's commands, run by the pod's own operator.
_LISTS = (
    "server list --all-projects",
    "volume list --all-projects",
    "port list",
    "subnet list",
    "network list",
    "security group list",
)


def ask_where(scene: Scene) -> Step:
    """Tricircle's own answer to what lives where."""
    return Step(
        "What lives where",
        "The operator asks Tricircle; the table at the end is made of the answer.",
        (run(Ask(curl(_ROUTINGS), lived(scene))),),
    )


def delete(scene: Scene) -> Step:
    """The user deletes everything."""
    return Step(
        "Delete everything",
        "The user deletes what is in the central region; the pods have to follow.",
        (
            run(
                Ask(openstack(USER, "server delete", *scene.servers)),
                Ask(openstack(USER, "volume delete", *scene.volumes)),
                Ask(openstack(USER, f"keypair delete {KEY}")),
            ),
            Await("server", scene.servers, "gone"),
            run(
                (
                    Ask(openstack(USER, f"subnet delete {SUBNET}")),
                    Ask(openstack(USER, f"network delete {NETWORK}")),
                ),
                Ask(openstack(USER, f"security group delete {GROUP}")),
                Ask(openstack(OPERATOR, f"flavor delete {FLAVOR}")),
            ),
            Await("volume", scene.volumes, "gone"),
            Await("pod", tuple(zone.cloud for zone in scene.zones), "empty"),
        ),
    )


def look_into_pods(scene: Scene) -> Step:
    """The pods' operators find nothing."""
    return Step(
        "The pods are empty",
        "The pods' own APIs list nothing that the walk has made.",
        (
            run(*(_look(scene, zone) for zone in scene.zones)),
            run(Ask(curl(_ROUTINGS), forgotten, again=True)),
        ),
    )


def _look(scene: Scene, zone: Zone) -> Lane:
    check = holds_none(scene, zone)
    return tuple(
        Ask(openstack(zone.cloud, line, *columns("ID", "Name")), check)
        for line in _LISTS
    )
