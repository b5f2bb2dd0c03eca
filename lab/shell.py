# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Running commands to their end, with a clean environment and good errors."""

import os
import shlex
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from lab.errors import CommandError

_LAST_LINES = 15


def clean_environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment for a child: the caller's, less OpenStack's variables.

    ``OS_*`` variables of the user's shell would lead OpenStack's clients to
    another cloud: openstacksdk refuses other regions when they are set.
    """
    kept = {key: value for key, value in os.environ.items() if key[:3] != "OS_"}
    return kept | {"LC_ALL": "C.UTF-8"} | dict(extra or {})


def run(
    command: Sequence[str | Path],
    *,
    environment: Mapping[str, str] | None = None,
    stdin: str | None = None,
    log: Path | None = None,
    check: bool = True,
) -> str:
    """Run a command and return what it printed on standard output.

    ``environment`` is added to the clean one. With ``log``, all output goes to
    that file and the empty string is returned. CommandError, with the last
    lines of output, if the command can't be started or, with ``check``, fails.
    """
    words = [str(word) for word in command]
    sink = log.open("a") if log else None
    try:
        done = subprocess.run(
            words,
            env=clean_environment(environment),
            input=stdin,
            stdin=subprocess.DEVNULL if stdin is None else None,
            stdout=sink or subprocess.PIPE,
            stderr=subprocess.STDOUT if sink else subprocess.PIPE,
            text=True,
            errors="replace",
            check=False,
        )
    except OSError as error:
        raise CommandError(f"cannot run {words[0]}: {error.strerror}") from error
    finally:
        if sink:
            sink.close()
    if check and done.returncode:
        output = tail(log) if log else f"{done.stdout}{done.stderr}".strip()
        raise CommandError(
            f"`{shlex.join(words)}` ended with {done.returncode}"
            + (f"; its log is {log}" if log else "")
            + f":\n{output}"
        )
    return done.stdout or ""


def succeeds(command: Sequence[str | Path]) -> bool:
    """Whether a command can be run and ends with 0."""
    try:
        run(command)
    except CommandError:
        return False
    return True


def tail(path: Path, lines: int = _LAST_LINES) -> str:
    """The last lines of a text file; empty if there is no such file."""
    try:
        return "\n".join(path.read_text(errors="replace").splitlines()[-lines:])
    except FileNotFoundError:
        return ""
