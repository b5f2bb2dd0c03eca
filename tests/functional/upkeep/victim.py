# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""A process that makes or deletes a pod, and stops where it is to be killed.

Arguments: the database's URL, what to do, and whether to stop before or after what
that does in the central Nova. It says "here" there, and waits for its end.
"""

import signal
import sys
from typing import NoReturn

from tests.unit.tricircle.pods.world import World
from tricircle.db.engine import Database
from tricircle.pods import registry
from tricircle.pods.intent import Wanted
from tricircle.pods.membership import Membership
from tricircle.upkeep.wish import look_after

POD1 = Wanted("Pod1", "az1")


class Stopping(World):
    """Stops before or after the first call for an aggregate."""

    where = ""

    def ensure(self, region: str, name: str, zone: str, pod_id: str) -> int:
        if self.where == "after":
            super().ensure(region, name, zone, pod_id)
        stop()

    def remove(self, region: str, name: str, zone: str) -> None:
        stop()


def stop() -> NoReturn:
    print("here", flush=True)
    while True:
        signal.pause()


def main(url: str, action: str, where: str) -> None:
    world = Stopping()
    world.where = where
    database = Database(url)
    membership = Membership(database, world, world, watch=look_after)
    if action == "join":
        membership.join(POD1)
    with database.read() as session:
        pod_id = registry.by_name(session, POD1.name).id
    if action == "leave":
        membership.leave(pod_id)
    else:
        membership.change(pod_id, {"az_name": "az2"})


if __name__ == "__main__":
    main(*sys.argv[1:])
