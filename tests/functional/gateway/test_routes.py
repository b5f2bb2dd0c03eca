# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""The routes that unit tests know are those of the release in the lab."""

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
GOLDEN = ROOT / "tests" / "golden" / "gateway"
#: The Python of a virtual environment that has OpenStack, as the lab makes one.
PYTHON = ROOT / ".lab" / "venvs" / "2026.2" / "bin" / "python"


@pytest.mark.parametrize("service", ["nova", "cinder"])
def test_the_file_is_what_the_release_routes(service: str, tmp_path: Path) -> None:
    collected = subprocess.run(
        [PYTHON, "-W", "ignore", GOLDEN / "collect_routes.py", service],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    expected = (GOLDEN / f"routes-{service}.txt").read_text()
    assert collected.stdout.splitlines() == expected.splitlines()
