# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""The steps of the walk, in order: what each consists of is in the modules named.

Who does what: ``admin`` is the operator, ``demo`` an ordinary user. Pure data.
"""

from pathlib import Path

from demo.walk import farewell, preparing, servers, volumes
from demo.walk.scene import Scene
from demo.walk.step import Step


def story(scene: Scene, key_file: Path) -> tuple[Step, ...]:
    """The whole walk; the client writes the user's private key to ``key_file``."""
    return (
        preparing.list_endpoints(scene),
        preparing.register_pods(scene),
        preparing.list_zones(scene),
        preparing.make_flavor(),
        preparing.make_network(key_file),
        servers.boot(scene),
        servers.list_servers(scene),
        servers.ping(scene),
        volumes.make_volumes(scene),
        volumes.list_volumes(scene),
        volumes.attach(scene),
        volumes.detach(scene),
        farewell.ask_where(scene),
        farewell.delete(scene),
        farewell.look_into_pods(scene),
    )
