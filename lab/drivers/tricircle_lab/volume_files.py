# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""The files behind the lab's volumes: sparse raw files in one directory.

Layout below the root::

    volume-<id>                            a volume
    snapshots/volume-<id>/snapshot-<id>    a snapshot of it: a full sparse copy
    <any name>.part                        being written, or left by a crash

A file appears under its final name only when it is complete. Everything that
must survive a restart is in the names and the sizes; there is no other state.

Only the standard library is used, so this is tested without Cinder. The
commands go through the `execute` that the owner passes in, which lets Cinder
run them without blocking its other green threads.
"""

import contextlib
import errno
import os
import stat
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

GIB = 1024**3
PART = ".part"
SNAPSHOTS = "snapshots"
_PRIVATE = 0o600


class Entry(NamedTuple):
    """A complete file: its name, its size in bytes, its folder's name."""

    name: str
    size: int
    folder: str


class Usage(NamedTuple):
    """Bytes promised by all files' sizes, and bytes that the disk gave."""

    provisioned: int
    allocated: int


def run(*command: str) -> None:
    """Run a command: CalledProcessError if it fails, OSError if it is missing."""
    subprocess.run(command, check=True, capture_output=True)


def gib(size: int) -> int:
    """Return bytes as GiB, rounded up, at least 1 (Cinder's smallest volume)."""
    return max(1, -(-size // GIB))


def extend(path: Path, size: int) -> None:
    """Grow a file to `size` bytes with a hole; a file that is larger stays.

    FileNotFoundError if there is no such file.
    """
    if path.stat().st_size < size:
        os.truncate(path, size)


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a path to write to, which becomes `path` if the block succeeds.

    Whatever stops the block leaves `path` as it was. A half-written file goes
    away at once, or with `VolumeFiles.prepare` if the process was killed.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + PART)
    try:
        yield part
        part.chmod(_PRIVATE)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


class VolumeFiles:
    """The files of one backend, below one absolute root.

    `execute` runs a command, given as its words, and raises if that fails.
    """

    def __init__(self, root: Path, execute: Callable[..., Any] = run) -> None:
        self.root = root
        self._execute = execute

    def prepare(self) -> None:
        """Make the directories and remove what a killed process left half done."""
        self.root.mkdir(parents=True, exist_ok=True)
        (self.root / SNAPSHOTS).mkdir(exist_ok=True)
        for part in self.root.rglob(f"*{PART}"):
            part.unlink(missing_ok=True)

    def volume(self, name: str) -> Path:
        """Return where the volume of that name is, or would be."""
        return self.root / name

    def snapshot(self, volume: str, name: str) -> Path:
        """Return where that volume's snapshot of that name is, or would be."""
        return self.root / SNAPSHOTS / volume / name

    def create(self, path: Path, size: int) -> None:
        """Make a file of `size` bytes, all hole; an older one is replaced."""
        with replacing(path) as part:
            part.write_bytes(b"")
            extend(part, size)

    def copy(self, source: Path, path: Path, size: int = 0) -> None:
        """Copy a file with its holes, and grow the copy to `size` bytes.

        An older file at `path` is replaced at the end. Whatever `execute`
        raises is passed on (no such source, no space).
        """
        with replacing(path) as part:
            how = ("--sparse=always", "--reflink=auto")
            self._execute("cp", *how, "--", str(source), str(part))
            extend(part, size)

    def delete(self, path: Path) -> None:
        """Remove a file; one that is gone already is no error."""
        path.unlink(missing_ok=True)

    def delete_volume(self, name: str) -> None:
        """Remove a volume's file, and its snapshots' folder once that is empty."""
        self.delete(self.volume(name))
        with contextlib.suppress(OSError):
            (self.root / SNAPSHOTS / name).rmdir()

    def rename(self, source: Path, path: Path) -> None:
        """Rename a file; FileExistsError rather than losing one at `path`."""
        if source == path:
            return
        if path.exists():
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path))
        source.rename(path)

    def find(self, folder: Path, name: object) -> Path:
        """Return the file that an operator named in `folder`.

        ValueError if the name leaves the folder or is not a complete, plain
        file's; FileNotFoundError if there is no such file.
        """
        if not isinstance(name, str) or Path(name).name != name or PART in name:
            raise ValueError(f"not a file's name: {name!r}")
        path = folder / name
        if not stat.S_ISREG(path.lstat().st_mode):
            raise ValueError(f"not a plain file: {name!r}")
        return path

    def volumes(self) -> list[Entry]:
        """Return all complete volumes, sorted by name."""
        return _entries(self.root)

    def snapshots(self) -> list[Entry]:
        """Return all complete snapshots; `folder` is their volume's name."""
        folders = sorted(
            path for path in (self.root / SNAPSHOTS).iterdir() if path.is_dir()
        )
        return [entry for folder in folders for entry in _entries(folder)]

    def usage(self) -> Usage:
        """Return what all the files below the root promise, and what they take."""
        provisioned = allocated = 0
        for path in self.root.rglob("*"):
            with contextlib.suppress(FileNotFoundError):
                status = path.lstat()
                if stat.S_ISREG(status.st_mode):
                    provisioned += status.st_size
                    allocated += status.st_blocks * 512
        return Usage(provisioned, allocated)


def _entries(folder: Path) -> list[Entry]:
    """Return a folder's complete plain files; one that vanishes is left out."""
    found = []
    for path in sorted(folder.iterdir()):
        with contextlib.suppress(FileNotFoundError):
            status = path.lstat()
            if stat.S_ISREG(status.st_mode) and path.suffix != PART:
                found.append(Entry(path.name, status.st_size, folder.name))
    return found
