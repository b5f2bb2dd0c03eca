# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Waiting until things are as far as a step needs them."""

import time
from collections.abc import Callable
from typing import Any

from openstack.exceptions import NotFoundException

from demo.walk.clouds import Clouds, answering
from demo.walk.errors import TooSlow, Unexpected
from demo.walk.expectations import Facts
from demo.walk.places import Place, places
from demo.walk.scene import USER, Scene
from demo.walk.step import Await

#: Seconds that anything may take on a busy machine.
PATIENCE = 180.0
POLL = 0.5

Tell = Callable[[str], None]


class Watch:
    """Looks at things through the SDK: as the user, or as a pod's operator."""

    def __init__(
        self, clouds: Clouds, scene: Scene, patience: float = PATIENCE
    ) -> None:
        """Nothing is asked yet; ``patience`` is in seconds."""
        self._patience = patience
        self._clouds = clouds
        self._pods = {zone.cloud: zone.pod for zone in scene.zones}
        self._looks: dict[str, Callable[[str, Facts], str]] = {
            "server": self._server,
            "volume": self._volume,
            "address": self._address,
            "pod": self._pod,
        }

    def wait(self, act: Await, facts: Facts, tell: Tell) -> None:
        """Return when all things are as wanted; tell of each change till then.

        TooSlow after some time; Unexpected at once if a thing has failed.
        """
        began, told = time.monotonic(), ""
        while True:
            states = {name: self.state(act.kind, name, facts) for name in act.names}
            said = ", ".join(f"{name} {state}" for name, state in states.items())
            if said != told:
                tell(said)
                told = said
            if set(states.values()) == {act.wanted}:
                return
            if time.monotonic() - began >= self._patience:
                raise TooSlow(
                    f"waited {self._patience:.0f} s for {act.wanted}, in vain: {said}"
                )
            time.sleep(POLL)

    def state(self, kind: str, name: str, facts: Facts) -> str:
        """How far a thing is; Unexpected if it has failed."""
        with answering(f"looking at {kind} {name}"):
            return self._looks[kind](name, facts)

    def _server(self, name: str, facts: Facts) -> str:
        try:
            server = self._clouds[USER].compute.get_server(facts[f"{name}_id"])
        except NotFoundException:
            return "gone"
        if server.status == "ERROR":
            fault = (getattr(server, "fault", None) or {}).get("message", "no reason")
            raise Unexpected(f"server {name} is in ERROR: {fault}")
        return str(server.status)

    def _volume(self, name: str, facts: Facts) -> str:
        try:
            volume = self._clouds[USER].block_storage.get_volume(facts[f"{name}_id"])
        except NotFoundException:
            return "gone"
        if volume.status.startswith("error"):
            raise Unexpected(f"volume {name} is in {volume.status}")
        return str(volume.status)

    def _address(self, name: str, facts: Facts) -> str:
        compute = self._clouds[USER].compute
        console = compute.get_server_console_output(facts[f"{name}_id"])["output"]
        bound = f"bound to {facts[f'{name}_address']}/" in console
        return "set" if bound else "not yet set"

    def _pod(self, name: str, facts: Facts) -> str:
        cloud = self._clouds[name]
        left = [
            place.kind
            for place in places(facts)
            if place.pod == self._pods[name] and _exists(cloud, place)
        ]
        return f"still with {', '.join(left)}" if left else "empty"


def _exists(cloud: Any, place: Place) -> bool:
    getters = {"server": cloud.compute, "volume": cloud.block_storage}
    owner = getters.get(place.kind, cloud.network)
    try:
        getattr(owner, f"get_{place.kind}")(place.pod_id)
    except NotFoundException:
        return False
    return True
