# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""The lab's passwords: made once at random, kept in a file of root's alone."""

import json
import os
import secrets
from pathlib import Path


class Credentials:
    """Passwords by name; one that is not known yet is made and kept."""

    def __init__(self, path: Path) -> None:
        """Read what ``path`` holds, if it exists."""
        self._path = path
        self._known: dict[str, str] = (
            json.loads(path.read_text()) if path.exists() else {}
        )

    def __getitem__(self, name: str) -> str:
        """The password called ``name``, as ``keystone.admin`` or ``mariadb.pod1``."""
        if name not in self._known:
            self._known[name] = secrets.token_urlsafe(18)
            self._save()
        return self._known[name]

    def _save(self) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        write_private(self._path, json.dumps(self._known, indent=1, sort_keys=True))


def write_private(path: Path, text: str) -> bool:
    """Write a file that only root may read, whole or not at all.

    Returns whether the content changed.
    """
    if path.exists() and path.read_text() == text:
        return False
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    part = path.with_name(path.name + ".part")
    with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
    part.replace(path)
    return True
