# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""The walk's servers: made, listed, and pinging each other. Pure data."""

from itertools import permutations

from demo.walk.command import inside, openstack, shown
from demo.walk.expectations import (
    addressed,
    answers,
    every,
    lists,
    made,
    ports_of,
    shows,
)
from demo.walk.scene import (
    FLAVOR,
    GROUP,
    IMAGE,
    KEY,
    MARK,
    MARK_PROPERTY,
    NETWORK,
    USER,
    Scene,
    Zone,
)
from demo.walk.step import Ask, Await, Step, run

_ZONE = "OS-EXT-AZ:availability_zone"


def boot(scene: Scene) -> Step:
    """A server in each zone."""

    def create(zone: Zone) -> Ask:
        command = openstack(
            USER,
            f"server create {zone.server} --availability-zone {zone.az} "
            f"--image {IMAGE} --flavor {FLAVOR} --network {NETWORK} "
            f"--security-group {GROUP} --key-name {KEY}",
            *("--property", f"{MARK_PROPERTY}={MARK}"),
        )
        return Ask(shown(command, "name", "id", "status"), made(zone.server))

    return Step(
        "A server in each zone",
        "The gateway chooses the pods by the zones; the network follows the servers.",
        (
            run(*(create(zone) for zone in scene.zones)),
            Await("server", scene.servers, "ACTIVE"),
        ),
    )


def list_servers(scene: Scene) -> Step:
    """The servers, their addresses and ports."""
    active = {name: {"Status": "ACTIVE"} for name in scene.servers}

    def show(zone: Zone) -> Ask:
        command = openstack(USER, f"server show {zone.server}")
        fields = ("name", "id", "status", _ZONE, "addresses", "key_name")
        placed = shows(zone.server, {"status": "ACTIVE", _ZONE: zone.az})
        return Ask(shown(command, *fields), every(placed, addressed(zone.server)))

    ports = openstack(USER, f"port list --network {NETWORK}")
    fields = ("ID", "MAC Address", "Fixed IP Addresses", "Status")
    return Step(
        "The servers",
        "They are in one list, with addresses that the central region has given out.",
        (
            run(
                Ask(openstack(USER, "server list"), lists(active)),
                *(show(zone) for zone in scene.zones),
            ),
            run(Ask(shown(ports, *fields), ports_of(scene.zones), again=True)),
            Await("address", scene.servers, "set"),
        ),
    )


def ping(scene: Scene) -> Step:
    """Each server pings each other one."""
    pings = [
        Ask(
            inside(here.server, f"ping -c3 -i0.2 ${{{there.server}_address}}"),
            answers(here.server, there.server),
            again=True,
        )
        for here, there in permutations(scene.zones, 2)
    ]
    return Step(
        "From pod to pod",
        "The servers ping each other, both ways, with packets that leave their pod.",
        (run(*pings),),
    )
