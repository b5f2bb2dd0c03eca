# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Where it is measured, and with what: whoever compares numbers has to know."""

import os
import platform
import subprocess
from importlib.metadata import version
from pathlib import Path

from bench import installation

_CPUS = Path("/proc/cpuinfo")
_OURS = ("uvicorn", "uvloop", "httptools", "orjson")
_THEIRS = ("pyuwsgi", "pecan", "keystoneauth1")


def describe() -> str:
    """The machine, what else it has to do just now, and the versions of programs."""
    return (
        f"{os.cpu_count()} processors ({model(_CPUS.read_text())}) with a load of"
        f" {os.getloadavg()[0]:.1f} before it began, Linux"
        f" {platform.release().split('-')[0]}, Python {platform.python_version()},"
        f" nginx {_nginx()}, {_versions()}"
    )


def model(cpuinfo: str) -> str:
    """What the first processor calls itself, in ``/proc/cpuinfo``."""
    for line in cpuinfo.splitlines():
        name, _, value = line.partition(":")
        if name.strip() == "model name":
            return value.strip()
    return platform.machine()


def pinned(constraints: str, name: str) -> str:
    """The version that a lock file pins."""
    for line in constraints.splitlines():
        found, _, rest = line.partition("==")
        if found == name:
            return rest.split()[0]
    return "unknown"


def _nginx() -> str:
    said = subprocess.run(["nginx", "-v"], capture_output=True, text=True, check=False)
    return said.stderr.strip().rpartition("/")[2]


def _versions() -> str:
    constraints = installation.CONSTRAINTS.read_text()
    ours = [f"{name} {version(name)}" for name in _OURS]
    theirs = [f"{name} {pinned(constraints, name)}" for name in _THEIRS]
    return ", ".join(ours + theirs)
