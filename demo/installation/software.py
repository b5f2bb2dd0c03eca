# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Tricircle's software, installed from this checkout into a directory of its own.

The directory is named by a digest of the source. So what runs is what was installed,
whatever is edited meanwhile; and when the source has changed, so has the path in each
service's environment, and the lab restarts it.

Tricircle's services find the libraries in the checkout's virtual environment, the
central Neutron in its own: the pods, which share that one, see nothing of Tricircle.
"""

import hashlib
import shutil
import sys
from functools import cache
from pathlib import Path

from lab.paths import SOURCE, Paths
from lab.shell import run

_UV = SOURCE / ".tools" / "bin" / "uv"


def directory(paths: Paths) -> Path:
    """Where the software of the present source is, once it is installed."""
    return _home(paths) / _digest()


def install(paths: Paths) -> None:
    """Install the present source, unless it is; remove what is older."""
    target = directory(paths)
    if not target.exists():
        part = target.with_suffix(".part")
        shutil.rmtree(part, ignore_errors=True)
        install = [str(_UV), "pip", "install", "--python", sys.executable, "--no-deps"]
        # The checkout's environment has the build backend: nothing is fetched.
        options = ["--no-build-isolation", "--target", str(part), str(SOURCE)]
        run([*install, *options], log=paths.log_file("tricircle-install"))
        part.rename(target)
    _remove_older(target)


def _remove_older(target: Path) -> None:
    """Keep the one before: its services run until they are restarted."""
    others = [path for path in target.parent.iterdir() if path != target]
    for path in sorted(others, key=lambda path: path.stat().st_mtime)[:-1]:
        shutil.rmtree(path)


def _home(paths: Paths) -> Path:
    return paths.root / "tricircle"


@cache
def _digest() -> str:
    seen = hashlib.sha256((SOURCE / "pyproject.toml").read_bytes())
    for file in sorted((SOURCE / "tricircle").rglob("*.py")):
        seen.update(f"{file.relative_to(SOURCE)}\0".encode())
        seen.update(file.read_bytes())
    return seen.hexdigest()[:16]
