# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Running the clients' commands, several at once, so that all can be stopped."""

import subprocess
import threading
from collections.abc import Mapping
from pathlib import Path

from demo.walk.command import Command
from demo.walk.errors import CommandFailed
from demo.walk.expectations import Facts

_LAST_LINES = 8


class Runner:
    """Starts commands in one directory, with one environment."""

    def __init__(self, directory: Path, environment: Mapping[str, str]) -> None:
        """Nothing is started yet."""
        self._directory = directory
        self._environment = dict(environment)
        self._lock = threading.Lock()
        self._children: set[subprocess.Popen[str]] = set()
        self.stopped = False

    def run(self, command: Command, facts: Facts) -> str:
        """Run a filled command to its end; returns what it printed.

        CommandFailed, with its last lines, if it can't be run or fails.
        """
        child = self._start(command)
        try:
            output, errors = child.communicate(command.stdin(facts))
        finally:
            with self._lock:
                self._children.discard(child)
        if child.returncode:
            said = (errors.strip() or output.strip()).splitlines()[-_LAST_LINES:]
            raise CommandFailed(
                f"`{command.typed()}` ended with {child.returncode}:\n"
                + "\n".join(said)
            )
        return output

    def stop(self) -> None:
        """End what runs, and start nothing any more."""
        with self._lock:
            self.stopped = True
            for child in self._children:
                child.terminate()

    def _start(self, command: Command) -> subprocess.Popen[str]:
        with self._lock:
            if self.stopped:
                raise CommandFailed(f"`{command.typed()}` was not started any more")
            try:
                child = subprocess.Popen(
                    command.words,
                    cwd=self._directory,
                    env=self._environment,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    text=True,
                    errors="replace",
                    # A terminal's Ctrl-C is ours to handle.
                    start_new_session=True,
                )
            except OSError as error:
                raise CommandFailed(
                    f"cannot run {command.words[0]}: {error.strerror}"
                ) from error
            self._children.add(child)
            return child
