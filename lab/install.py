# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Software: Debian packages and one virtual environment an OpenStack release.

Each function is idempotent, resumes what was interrupted, and needs no network
when nothing is missing.
"""

import contextlib
import hashlib
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from lab.errors import LabError
from lab.paths import SOURCE, Paths
from lab.shell import run

#: Debian package -> a program or file that it brings and that the lab uses.
PACKAGES = {
    "busybox": "busybox",
    "ethtool": "ethtool",
    "iproute2": "ip",
    "iputils-ping": "ping",
    "mariadb-server": "mariadbd",
    "memcached": "memcached",
    "openvswitch-switch": "ovs-vswitchd",
    "ovn-central": "ovn-northd",
    "ovn-host": "ovn-controller",
    "qemu-utils": "qemu-img",
    "rabbitmq-server": "rabbitmqctl",
}

_SBIN = "/usr/local/sbin:/usr/sbin:/sbin"
_POLICY = Path("/usr/sbin/policy-rc.d")
_CONSTRAINTS = SOURCE / "lab" / "constraints"
_UV = SOURCE / ".tools" / "bin" / "uv"
#: Nova looks for virtualisation drivers in its own package only.
_DRIVER_SHIM = "from tricircle_lab.compute import LabDriver  # noqa: F401\n"


def missing_packages() -> list[str]:
    """The Debian packages whose programs are not here."""
    path = f"{os.environ.get('PATH', '')}:{_SBIN}"
    return [
        package
        for package, program in PACKAGES.items()
        if shutil.which(program, path=path) is None
    ]


def install_packages(paths: Paths) -> None:
    """Install the missing Debian packages, without starting their services.

    LabError, with the end of apt's log, if that fails.
    """
    missing = missing_packages()
    if not missing:
        return
    log = paths.log_file("apt")
    quiet = {"DEBIAN_FRONTEND": "noninteractive"}
    with _no_services_started():
        # An installation that was interrupted is completed first.
        run(["dpkg", "--configure", "-a"], environment=quiet, log=log)
        apt = ["apt-get", "-o", "DPkg::Lock::Timeout=300", "-o", "Acquire::Retries=3"]
        run([*apt, "update"], environment=quiet, log=log)
        install = [*apt, "install", "--yes", "--no-install-recommends", *missing]
        run(install, environment=quiet, log=log)
    still = missing_packages()
    if still:
        raise LabError(
            f"apt installed {', '.join(still)}, but the programs "
            f"{', '.join(PACKAGES[package] for package in still)} are not in PATH"
        )


@contextlib.contextmanager
def _no_services_started() -> Iterator[None]:
    """Keep Debian's packages from starting the machine's own instances."""
    if _POLICY.exists():
        yield
        return
    _POLICY.write_text("#!/bin/sh\nexit 101\n")
    _POLICY.chmod(0o755)
    try:
        yield
    finally:
        _POLICY.unlink(missing_ok=True)


def release_constraints(release: str) -> Path:
    """The constraints file of a release; LabError if the lab knows none."""
    path = _CONSTRAINTS / f"{release}.txt"
    if not path.exists():
        known = ", ".join(sorted(file.stem for file in _CONSTRAINTS.glob("2*.txt")))
        raise LabError(f"no release {release!r} in lab/constraints; known: {known}")
    return path


def is_installed(release: str, paths: Paths) -> bool:
    """Whether a release's environment is there, and as its constraints want it."""
    stamp = _stamp(release, paths)
    return stamp.exists() and stamp.read_text() == _wanted(release)


def install_release(release: str, paths: Paths) -> None:
    """Make the virtual environment of an OpenStack release, or of a tool.

    Nothing may run from an environment that :func:`is_installed` denies: it is
    made anew.
    """
    venv = paths.venv(release)
    if not is_installed(release, paths):
        log = paths.log_file(f"venv-{release}")
        # Python of this very program: it is known to be new enough.
        python = os.path.realpath(sys.executable)
        run([_UV, "venv", "--clear", "--python", python, venv], log=log)
        sync: list[str | Path] = [_UV, "pip", "sync", "--compile-bytecode", "--python"]
        run(
            [*sync, venv / "bin/python", release_constraints(release)],
            environment={"UV_LINK_MODE": "copy", "UV_HTTP_TIMEOUT": "120"},
            log=log,
        )
        _stamp(release, paths).write_text(_wanted(release))
    _install_driver_shim(venv)


def _stamp(release: str, paths: Paths) -> Path:
    """The file that says that an environment is complete; it goes with it."""
    return paths.venv(release) / "complete"


def _wanted(release: str) -> str:
    return hashlib.sha256(release_constraints(release).read_bytes()).hexdigest()


def _install_driver_shim(venv: Path) -> None:
    for virt in venv.glob("lib/python3*/site-packages/nova/virt"):
        shim = virt / "tricircle_lab.py"
        if not shim.exists() or shim.read_text() != _DRIVER_SHIM:
            shim.write_text(_DRIVER_SHIM)
