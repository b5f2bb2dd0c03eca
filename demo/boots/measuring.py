# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Booting servers side by side with Nova itself, round after round."""

import time
from collections.abc import Iterable, Mapping, Sequence
from functools import partial

from demo.boots.figures import Kind, Times
from demo.boots.ground import (
    NAME,
    Ground,
    itself,
    left,
    left_at_all,
    make,
    make_flavor,
    through,
)
from demo.walk.clouds import Clouds, answering
from demo.walk.errors import TooSlow, Unexpected
from demo.walk.leftovers import clear
from demo.walk.scene import IMAGE, MARK_PROPERTY, USER, Zone
from demo.walk.waiting import PATIENCE, Tell

_POLL = 0.1
#: Taken by turns, for the machine may have more to do at one time than at another.
_ORDERS = (
    (Kind.FIRST, Kind.LATER, Kind.DIRECT),
    (Kind.DIRECT, Kind.FIRST, Kind.LATER),
)


def measure(clouds: Clouds, zones: Sequence[Zone], rounds: int, tell: Tell) -> Times:
    """Boot servers in the pods by turns; return the seconds of so many rounds.

    A round in each pod goes before, in which clients log in, and images and flavors
    come to the pods: it does not count. In each case all that was made is removed.
    WalkError if that, or a boot, fails.
    """
    times: dict[Kind, list[float]] = {kind: [] for kind in Kind}
    with answering("looking at what there is"):
        _check_zones(clouds, zones)
        image = clouds[USER].image.find_image(IMAGE, ignore_missing=False).id
    clear(partial(left_at_all, clouds, zones), tell)
    try:
        model = {"image_id": str(image), "flavor_id": make_flavor(clouds)}
        for number in range(len(zones) + rounds):
            turn, place = divmod(number, len(zones))
            order = _ORDERS[turn % len(_ORDERS)]
            took = _round(clouds, zones[place], model, order)
            told = ", ".join(f"{kind} {took[kind]:.2f} s" for kind in Kind)
            tell(f"{zones[place].pod}: {told}" + ("" if turn else " (does not count)"))
            for kind, seconds in took.items():
                times[kind] += [seconds] if turn else []
            clear(partial(left, clouds, zones), _quiet)
    finally:
        clear(partial(left_at_all, clouds, zones), tell)
    return times


def _check_zones(clouds: Clouds, zones: Iterable[Zone]) -> None:
    known = {zone.name for zone in clouds[USER].compute.availability_zones()}
    missing = sorted({zone.az for zone in zones} - known)
    if missing:
        raise Unexpected(
            f"there is no zone {', '.join(missing)}: `make demo` registers the pods"
        )


def _round(
    clouds: Clouds, zone: Zone, model: Mapping[str, str], order: Iterable[Kind]
) -> dict[Kind, float]:
    """One boot of each kind in a pod, on ground that is new to it."""
    central = make(clouds, through(zone))
    grounds = {
        Kind.DIRECT: make(clouds, itself(zone)),
        Kind.FIRST: central,
        Kind.LATER: central,
    }
    return {kind: _boot(clouds, grounds[kind], model) for kind in order}


def _boot(clouds: Clouds, ground: Ground, model: Mapping[str, str]) -> float:
    """Have a server made; return how many seconds it took until it was ACTIVE."""
    compute, way = clouds[ground.way.cloud].compute, ground.way
    chosen = {"availability_zone": way.az} if way.az else {}
    with answering(f"booting a server for {way.cloud}"):
        begun = time.monotonic()
        server = compute.create_server(
            name=NAME,
            networks=[{"uuid": ground.network}],
            security_groups=[{"name": ground.group}],
            metadata={MARK_PROPERTY: way.mark},
            **model,
            **chosen,
        )
        while (found := compute.get_server(server.id)).status != "ACTIVE":
            if found.status == "ERROR":
                raise Unexpected(f"a server for {way.cloud} is in ERROR: {found.fault}")
            if time.monotonic() - begun >= PATIENCE:
                raise TooSlow(
                    f"waited {PATIENCE:.0f} s for a server for {way.cloud}, in vain"
                )
            time.sleep(_POLL)
        return time.monotonic() - begun


def _quiet(text: str) -> None:
    """What a round has made goes without saying."""
