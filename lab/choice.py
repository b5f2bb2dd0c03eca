# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Which topology the lab has: the one that is asked for, else the one it ran last.

A topology is asked for by its name, if it comes with the lab, or by its file's path.
"""

import re
from pathlib import Path

from lab.errors import TopologyError
from lab.paths import SOURCE, Paths

#: The name of the topology that the lab has unless another is asked for.
DEFAULT = "default"

_DEFAULT_FILE = SOURCE / "lab" / "topology.toml"
_OTHERS = SOURCE / "lab" / "topologies"
_NAME = re.compile(r"[A-Za-z0-9_-]+")


def file_of(topology: str) -> Path:
    """The file of a topology, given its name or its path.

    TopologyError for a name that no topology has. That a path leads to a file is
    found out by who reads it.
    """
    if not _NAME.fullmatch(topology):
        return Path(topology)
    found = names()
    if topology not in found:
        raise TopologyError(
            f"no topology is called {topology!r}; there are {', '.join(found)}, or "
            "give a file's path, with its .toml"
        )
    return found[topology]


def names() -> dict[str, Path]:
    """The topologies that come with the lab, by name: the default one first."""
    others = {file.stem: file for file in sorted(_OTHERS.glob("*.toml"))}
    return {DEFAULT: _DEFAULT_FILE, **others}


def last(paths: Paths) -> str:
    """The topology that the lab was told to run last; if it never was, the default."""
    try:
        return paths.topology.read_text().strip() or DEFAULT
    except FileNotFoundError:
        return DEFAULT


def remember(topology: str, paths: Paths) -> None:
    """From now on, the lab's topology is this one, for whoever names none.

    A path is remembered whole: the next command may be given elsewhere.
    """
    file = file_of(topology)
    known = topology if topology in names() else str(file.resolve())
    paths.root.mkdir(parents=True, exist_ok=True)
    paths.topology.write_text(f"{known}\n")
