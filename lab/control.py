# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Bringing the lab up and down, and removing it."""

import contextlib
import fcntl
import shutil
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from lab import addition, choice, fabric, identity, install, preflight, steps
from lab.config import tree
from lab.config.sections import Site
from lab.credentials import Credentials, write_private
from lab.errors import LabError, PreflightError
from lab.paths import Paths
from lab.plan import Plan
from lab.processes import Service, find, stop
from lab.progress import Progress
from lab.topology import Topology, load

_LOCK = Path("/run/tricircle-lab.lock")


class Lab:
    """One lab: its topology and its directories."""

    def __init__(self, paths: Paths, topology: str = "") -> None:
        """Without a topology's name or path it is the one that the lab ran last.

        Nothing is made yet.
        """
        self.paths = paths
        self.topology_name = topology or choice.last(paths)

    @property
    def topology(self) -> Topology:
        """What the topology file says; TopologyError if it is wrong."""
        return load(choice.file_of(self.topology_name))

    def plan(self) -> Plan:
        """The steps and services of the topology."""
        topology = self.topology
        credentials = Credentials(self.paths.credentials)
        return Plan(topology, self.paths, credentials, addition.load(topology))

    def up(self) -> None:
        """Start what does not run, heal what died; stop what is not wanted.

        If that fails, what this call started is stopped again.
        """
        preflight.check_root()
        with self._lock():
            self._up()

    def down(self) -> None:
        """Stop all processes of the lab and remove its namespaces."""
        preflight.check_root()
        with self._lock():
            self._down()

    def clean(self) -> None:
        """Stop the lab and remove its data, logs and virtual environments."""
        preflight.check_root()
        with self._lock():
            self._down()
            shutil.rmtree(self.paths.root, ignore_errors=True)

    def cycle(self, count: int) -> None:
        """Stop and start ``count`` times; LabError if anything is left over."""
        for number in range(1, count + 1):
            began = time.monotonic()
            self.down()
            left = self.leftovers()
            if left:
                raise LabError(f"left over after lab down: {', '.join(left)}")
            stopped = time.monotonic()
            self.up()
            print(
                f"cycle {number} of {count}: down in {stopped - began:.1f} s, "
                f"up in {time.monotonic() - stopped:.1f} s, nothing left over"
            )

    def leftovers(self) -> list[str]:
        """What exists of the lab although it should be stopped."""
        processes = [f"process {name}" for name in find(self.paths.root)]
        spaces = [f"namespace {name}" for name in fabric.namespaces()]
        files = [str(self.paths.run)] if self.paths.run.exists() else []
        return processes + spaces + files

    def _up(self) -> None:
        began = time.monotonic()
        plan = self.plan()
        wanted = {service.name: service for service in plan.services()}
        preflight.check(wanted.values(), self.paths, self._is_installed())
        if not find(self.paths.root):
            self._down()  # namespaces of a lab that was killed with its machine
        for directory in (self.paths.log, self.paths.servers):
            directory.mkdir(parents=True, exist_ok=True)
        choice.remember(self.topology_name, self.paths)
        configuration = tree.files(
            plan.topology,
            self.paths,
            plan.credentials,
            plan.addition.files,
            plan.addition.accounts,
        )
        for path, text in configuration.items():
            write_private(path, text)
        self._stop(self._unfit(plan.topology, wanted))
        with Progress() as progress:
            steps.run(plan.steps(), progress, lambda: self._stop(plan.abandon()))
            central = plan.topology.central
            site = Site(plan.topology, central, self.paths, plan.credentials)
            identity.write_clouds(site, self.paths)
            progress.say(f"READY in {time.monotonic() - began:.0f} s")

    def _unfit(self, topology: Topology, wanted: dict[str, Service]) -> list[str]:
        """What runs but is not wanted, or runs from software that will change."""
        outdated = tuple(
            f"{self.paths.venv(release)}/"
            for release in topology.releases
            if not install.is_installed(release, self.paths)
        )
        return [
            name
            for name in find(self.paths.root)
            if name not in wanted or wanted[name].command[0].startswith(outdated)
        ]

    def _is_installed(self) -> bool:
        releases = self.topology.releases
        return not install.missing_packages() and all(
            install.is_installed(release, self.paths) for release in releases
        )

    def _down(self) -> None:
        self._stop(find(self.paths.root))
        fabric.remove(fabric.namespaces())
        shutil.rmtree(self.paths.run, ignore_errors=True)

    def _stop(self, names: Iterable[str]) -> None:
        chosen = set(names)
        running = find(self.paths.root)
        stop(service for name, service in running.items() if name in chosen)

    @contextlib.contextmanager
    def _lock(self) -> Iterator[None]:
        """Let one command at a time change the lab."""
        with _LOCK.open("a+") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise PreflightError(
                    "another lab command is at work: wait until it has ended"
                ) from error
            yield
