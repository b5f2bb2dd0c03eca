# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""What must hold for the whole tree: it stays small, explained and portable."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MAX_LINES = 400
HEADER = (
    "# SPDX-License-Identifier: Apache-2.0",
    "# SPDX-FileCopyrightText: The Tricircle Authors",
)


def files() -> list[Path]:
    """Every file that is in the repository, or would be with ``git add --all``."""
    command = ["git", "ls-files", "-co", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    paths = [ROOT / name for name in listed.stdout.decode().split("\0") if name]
    return [path for path in paths if path.is_file()]


FILES = files()
MODULES = [path for path in FILES if path.suffix == ".py"]
CODE = [path for path in MODULES if path.is_relative_to(ROOT / "tricircle")]
CODE += [path for path in MODULES if path.is_relative_to(ROOT / "lab")]
CODE += [path for path in MODULES if path.is_relative_to(ROOT / "demo")]
CODE += [path for path in MODULES if path.is_relative_to(ROOT / "bench")]
HEADED = MODULES + [
    path
    for path in FILES
    if path.suffix in {".sh", ".toml"}
    or path.name == "Makefile"
    or path.is_relative_to(ROOT / "tools")
    or path.is_relative_to(ROOT / ".ci")
]


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def words(requirement: str) -> str:
    """``reno[sphinx]>=4`` as a lock file spells it: ``reno``."""
    match = re.match(r"[\w.-]+", requirement)
    assert match, requirement
    return re.sub(r"[-_.]+", "-", match[0]).lower()


@pytest.mark.parametrize("path", CODE, ids=name)
def test_a_module_stays_small(path: Path) -> None:
    assert len(path.read_text().splitlines()) < MAX_LINES


@pytest.mark.parametrize("path", CODE, ids=name)
def test_a_package_says_what_it_holds(path: Path) -> None:
    opening = path.with_name("__init__.py")
    assert opening.is_file(), f"{name(path.parent)} is no package"
    body = opening.read_text().removeprefix("\n".join(HEADER)).lstrip()
    assert body.startswith('"""'), f"{name(opening)} opens without a docstring"


@pytest.mark.parametrize("path", HEADED, ids=name)
def test_a_file_states_its_licence(path: Path) -> None:
    lines = path.read_text().splitlines()
    if lines and lines[0].startswith("#!"):
        del lines[0]
    assert tuple(lines[:2]) == HEADER


@pytest.mark.parametrize("path", FILES, ids=name)
def test_a_file_does_not_know_where_the_checkout_is(path: Path) -> None:
    assert f"{ROOT}/" not in path.read_text(errors="replace")


LOCKS = [path for path in FILES if path.suffix == ".lock"]
LOCKS += [path for path in FILES if path.parent.name == "constraints"]


@pytest.mark.parametrize("path", LOCKS, ids=name)
def test_a_lock_installs_from_any_index(path: Path) -> None:
    assert "://" not in path.read_text()


@pytest.mark.parametrize("lock", ["dev", "tools"])
def test_a_lock_has_every_dependency(lock: str) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    groups = project["dependency-groups"]

    def wanted(key: str) -> set[str]:
        names: set[str] = set()
        for item in groups[key]:
            if isinstance(item, str):
                names.add(words(item))
            else:
                names |= wanted(item["include-group"])
        return names

    pinned = (ROOT / f"requirements/{lock}.lock").read_text()
    locked = set(re.findall(r"^([\w.-]+)==", pinned, re.MULTILINE))
    assert wanted(lock) <= locked, "run `make lock`"
