# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Real Neutrons, each in a process of its own."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests

_HERE = Path(__file__).parent
_ROOT = _HERE.parents[2]
#: The Python of a virtual environment that has Neutron, as the lab makes one.
_PYTHON = _ROOT / ".lab" / "venvs" / "2026.2" / "bin" / "python"
_SECONDS = 60


class Neutron:
    """The API, as an administrator of project ``project``."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}/v2.0"

    def call(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """Return the status and the decoded body."""
        answer = requests.request(
            method,
            f"{self.url}/{path}",
            json=body,
            timeout=_SECONDS,
        )
        return answer.status_code, answer.json() if answer.content else None

    def create(self, kind: str, **body: Any) -> Any:
        """Make a resource that may be made."""
        path = f"{kind}s".replace("_", "-")
        status, made = self.call(
            "POST", path, {kind: {"project_id": "project", **body}}
        )
        assert status == 201, made
        return made[kind]

    def update(self, kind: str, resource_id: str, **changes: Any) -> Any:
        """Change a resource that may be changed."""
        path = f"{kind}s/{resource_id}".replace("_", "-")
        status, changed = self.call("PUT", path, {kind: changes})
        assert status == 200, changed
        return changed[kind]

    def delete(self, kind: str, resource_id: str) -> None:
        """Delete a resource."""
        path = f"{kind}s/{resource_id}".replace("_", "-")
        status, body = self.call("DELETE", path)
        assert status == 204, body


@contextmanager
def running(folder: Path, *database: str) -> Iterator[Neutron]:
    """A pod's Neutron, or one whose driver writes into ``database``."""
    assert _PYTHON.is_file(), "Neutron is in the lab's environment: `make lab` makes it"
    command = [str(_PYTHON), str(_HERE / "serve.py"), str(folder), *database]
    environment = {**os.environ, "PYTHONPATH": str(_ROOT)}
    errors = folder / "errors.log"
    with (
        errors.open("w") as stderr,
        subprocess.Popen(
            command,
            env=environment,
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
        ) as process,
    ):
        try:
            assert process.stdout
            said = process.stdout.readline()
            assert said, errors.read_text()[-2000:]
            yield Neutron(int(said))
        finally:
            process.kill()
