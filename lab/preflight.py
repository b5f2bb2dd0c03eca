# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Whether this machine can run the lab: asked before anything is touched."""

import os
import shutil
from collections.abc import Iterable
from pathlib import Path

import psutil

from lab import install
from lab.errors import CommandError, PreflightError
from lab.paths import Paths
from lab.processes import Service, find, other_labs
from lab.shell import run, succeeds
from lab.topology import NAMESPACE_PREFIX

_GIB = 1 << 30
_DISK_TO_INSTALL = 4 * _GIB
_DISK_TO_RUN = 1 * _GIB
_MEMORY = 7 * _GIB
_PROBE = f"{NAMESPACE_PREFIX}probe"


def check(services: Iterable[Service], paths: Paths, installed: bool) -> None:
    """Raise PreflightError, naming what is missing, if the lab can't run here."""
    check_root()
    check_disk(paths, _DISK_TO_RUN if installed else _DISK_TO_INSTALL)
    _check_packages()
    _check_other_labs(paths)
    running = set(find(paths.root))
    if not running:
        _check_memory()
        _check_kernel()
    check_addresses(service for service in services if service.name not in running)


def check_root() -> None:
    """Raise PreflightError unless the user is root."""
    if os.geteuid() != 0:
        raise PreflightError(
            "the lab makes network namespaces and switches: run it as root"
        )


def check_disk(paths: Paths, needed: int) -> None:
    """Raise PreflightError if fewer than ``needed`` bytes are free."""
    existing = next(path for path in (paths.root, *paths.root.parents) if path.exists())
    free = shutil.disk_usage(existing).free
    if free < needed:
        raise PreflightError(
            f"{existing} has {free / _GIB:.1f} GiB free, the lab needs "
            f"{needed / _GIB:.0f} GiB: free some, or choose another place with --root"
        )


def _check_memory() -> None:
    available = psutil.virtual_memory().available
    if available < _MEMORY:
        raise PreflightError(
            f"{available / _GIB:.1f} GiB of memory are available, the lab needs "
            f"{_MEMORY / _GIB:.0f} GiB"
        )


def _check_packages() -> None:
    missing = install.missing_packages()
    if missing and shutil.which("apt-get") is None:
        raise PreflightError(
            f"this is no Debian (there is no apt-get), and it lacks "
            f"{', '.join(install.PACKAGES[name] for name in missing)}: install them"
        )


def _check_other_labs(paths: Paths) -> None:
    others = sorted(other_labs(paths.root))
    if others:
        raise PreflightError(
            f"another lab runs on this machine, that of {others[0]}: stop it with "
            f"`make lab-down` in {Path(others[0]).parent}"
        )


def _check_kernel() -> None:
    if shutil.which("ip") is None:
        return  # to be installed
    try:
        run(["ip", "netns", "add", _PROBE])
        run(["ip", "-n", _PROBE, "link", "add", "probe", "type", "veth"])
        run(["ip", "-n", _PROBE, "link", "add", "bridge0", "type", "bridge"])
    except CommandError as error:
        raise PreflightError(
            f"this kernel makes no network namespaces, veths or bridges: {error}"
        ) from error
    finally:
        succeeds(["ip", "netns", "delete", _PROBE])


def check_addresses(services: Iterable[Service]) -> None:
    """Raise PreflightError if somebody listens where a service wants to."""
    taken = {
        tuple(connection.laddr): connection.pid
        for connection in psutil.net_connections("tcp")
        if connection.status == psutil.CONN_LISTEN
    }
    for service in services:
        for address, port in service.listens:
            for owner in (address, "0.0.0.0", "::"):  # noqa: S104 (compared, not bound)
                if (owner, port) in taken:
                    pid = taken[owner, port]
                    raise PreflightError(
                        f"{service.name} needs {address}:{port:d}, but "
                        f"{_describe(pid)} listens on {owner}:{port:d}: stop it, or "
                        "change the address in the topology file"
                    )


def _describe(pid: int | None) -> str:
    if pid is None:
        return "another process"
    try:
        return f"process {pid} ({psutil.Process(pid).name()})"
    except psutil.NoSuchProcess:
        return f"process {pid}"
