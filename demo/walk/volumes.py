# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""The walk's volumes: made, listed, attached and detached. Pure data."""

from demo.walk.command import openstack, shown
from demo.walk.expectations import every, lists, made, says, shows
from demo.walk.scene import MARK, USER, Scene, Zone
from demo.walk.step import Ask, Await, Step, run


def make_volumes(scene: Scene) -> Step:
    """A volume in each zone."""

    def create(zone: Zone) -> Ask:
        command = openstack(
            USER,
            f"volume create {zone.volume} --size 1 --availability-zone {zone.az}",
            *("--description", MARK),
        )
        fields = ("name", "id", "availability_zone", "status")
        placed = shows(zone.volume, {"availability_zone": zone.az})
        return Ask(shown(command, *fields), every(made(zone.volume), placed))

    return Step(
        "A volume in each zone",
        "Zones mean the same for volumes.",
        (
            run(*(create(zone) for zone in scene.zones)),
            Await("volume", scene.volumes, "available"),
        ),
    )


def list_volumes(scene: Scene) -> Step:
    """The volumes."""
    wanted = {name: {"Status": "available"} for name in scene.volumes}

    def show(zone: Zone) -> Ask:
        command = openstack(USER, f"volume show {zone.volume}")
        fields = ("name", "id", "size", "status", "availability_zone")
        placed = {"status": "available", "availability_zone": zone.az}
        return Ask(shown(command, *fields), shows(zone.volume, placed))

    return Step(
        "The volumes",
        "One list again, out of two pods.",
        (
            run(
                Ask(openstack(USER, "volume list"), lists(wanted)),
                *(show(zone) for zone in scene.zones),
            ),
        ),
    )


def attach(scene: Scene) -> Step:
    """Each server gets the volume of its zone."""

    def add(zone: Zone) -> Ask:
        command = openstack(USER, f"server add volume {zone.server} {zone.volume}")
        device = says(f"${{{zone.volume}_id}}")
        return Ask(shown(command, "Device", "Volume ID"), device)

    def look(zone: Zone) -> Ask:
        command = openstack(USER, f"console log show --lines 2 {zone.server}")
        return Ask(command, says("/dev/", f"${{{zone.volume}_id}}"), again=True)

    in_use = {name: {"Status": "in-use"} for name in scene.volumes}
    return Step(
        "Attach the volumes",
        "Each server gets the volume of its zone, and says so on its console.",
        (
            run(*(add(zone) for zone in scene.zones)),
            Await("volume", scene.volumes, "in-use"),
            run(
                Ask(openstack(USER, "volume list"), lists(in_use)),
                *(look(zone) for zone in scene.zones),
            ),
        ),
    )


def detach(scene: Scene) -> Step:
    """The servers give the volumes back."""
    return Step(
        "Detach the volumes",
        "And back.",
        (
            run(
                *(
                    Ask(
                        openstack(
                            USER, f"server remove volume {zone.server} {zone.volume}"
                        )
                    )
                    for zone in scene.zones
                )
            ),
            Await("volume", scene.volumes, "available"),
        ),
    )
