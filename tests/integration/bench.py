# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Where a test works: one pod, seen by an ordinary user and by its operator.

What is made at a bench is named after the test run, and registered on the
bench's stack, which removes it when the test ends, the newest first.
"""

import os
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from openstack.config import OpenStackConfig
from openstack.connection import Connection

from lab import choice
from lab.paths import SOURCE, Paths
from lab.topology import Pod, load
from tricircle_lab.guest import Guests

PATHS = Paths(SOURCE / ".lab")
#: What the lab runs, which need not be the default.
TOPOLOGY = load(choice.file_of(choice.last(PATHS)))
GUESTS = Guests(PATHS.run)


@dataclass(frozen=True)
class Bench:
    """A pod, its users, and the stack of what is to be removed.

    `user` is an ordinary user's connection, `operator` an administrator's, both
    to the pod's own APIs. `run` is the name of the test run.
    """

    pod: Pod
    user: Any
    operator: Any
    run: str
    flavor: str
    stack: ExitStack

    def name(self, what: str) -> str:
        """The name of something that is made at this bench."""
        return f"{self.run}-{what}"

    @property
    def image(self) -> str:
        """The id of the lab's image."""
        return str(self.user.image.find_image("lab", ignore_missing=False).id)

    def volume_file(self, volume: str) -> Path:
        """The file that holds a volume's bytes."""
        folder = PATHS.var / self.pod.slug / "cinder" / "files"
        return folder / f"volume-{volume}"


def connect(cloud: str, **options: Any) -> Any:
    """A connection to a cloud of the lab's ``clouds.yaml``, with other options."""
    config = OpenStackConfig(config_files=[str(PATHS.clouds)], load_envvars=False)
    return Connection(config=config.get_one(cloud, **options))


def rounds(usual: int) -> int:
    """As many rounds as ``ROUNDS`` in the environment says, or as is usual."""
    return told("ROUNDS", usual)


def told(name: str, usual: int) -> int:
    """The number that the environment says, or the usual one."""
    return int(os.environ.get(name) or usual)


def leftovers(bench: Bench) -> list[str]:
    """What is still there of a test run, in a pod."""
    compute, network = bench.operator.compute, bench.operator.network
    storage = bench.operator.block_storage
    found = {
        "server": compute.servers(all_projects=True),
        "flavor": compute.flavors(is_public=None),
        "network": network.networks(),
        "port": network.ports(),
        "router": network.routers(),
        "security group": network.security_groups(),
        "volume": storage.volumes(all_projects=True),
        "snapshot": storage.snapshots(all_projects=True),
        "backup": storage.backups(all_projects=True),
        "guest": (guest for guest in GUESTS.list() if guest.host.pod == bench.pod.name),
    }
    return [
        f"{kind} {item.name} in {bench.pod.name}"
        for kind, items in found.items()
        for item in items
        if (item.name or "").startswith(bench.run)
    ]
