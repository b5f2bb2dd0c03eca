# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""The forwarder's libraries, in a virtual environment that only it uses."""

import hashlib
import os
import sys
from pathlib import Path

from bench import processes

SOURCE = Path(__file__).parents[1]
HOME = SOURCE / ".bench"
_VENV = HOME / "venv"
CONSTRAINTS = SOURCE / "bench" / "constraints" / "forwarder.txt"
_UV = SOURCE / ".tools" / "bin" / "uv"


def home() -> Path:
    """The benchmark's directory, which is no part of the repository."""
    HOME.mkdir(exist_ok=True)
    (HOME / ".gitignore").write_text("*\n")
    return HOME


def uwsgi() -> Path:
    """The server that the forwarder runs in; makes the environment if need be.

    BenchError if that fails.
    """
    stamp = _VENV / "complete"
    wanted = hashlib.sha256(CONSTRAINTS.read_bytes()).hexdigest()
    if not stamp.exists() or stamp.read_text() != wanted:
        python = os.path.realpath(sys.executable)
        make = ["venv", "--clear", "--python", python, str(_VENV)]
        processes.finish([_UV, "--quiet", *make], "making .bench/venv")
        sync = ["pip", "sync", "--require-hashes", "--python", f"{_VENV}/bin/python"]
        processes.finish(
            [_UV, "--quiet", *sync, CONSTRAINTS], "installing the forwarder"
        )
        stamp.write_text(wanted)
    return _VENV / "bin" / "uwsgi"
