# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""The commands of a walk, as they are run and as a person would type them. Pure."""

import json
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, replace
from string import Template
from typing import Any

#: The fact, and the shell's variable, that holds the operator's token.
TOKEN = "TOKEN"  # noqa: S105 (a name)
_HEADER = "X-Auth-Token"
_WIDTH = 84
_CONTINUED = " \\\n      "
_ASSIGNMENT = re.compile(r"([A-Z]+)=(.*)")
_SPECIAL_IN_QUOTES = re.compile(r'[\\"$`]')


@dataclass(frozen=True)
class Command:
    """A command line, word by word; ``${fact}`` stands for what an answer told.

    ``assigns``: its output is no news but the value of a variable, and a fact of
    that name. ``with_token``: it reads a header with the token from standard
    input, for others can see a command line in the list of processes.
    """

    words: tuple[str, ...]
    assigns: str = ""
    with_token: bool = False

    def filled(self, facts: Mapping[str, str]) -> "Command":
        """The command with its facts; KeyError if one is not known."""
        return replace(
            self, words=tuple(Template(word).substitute(facts) for word in self.words)
        )

    def stdin(self, facts: Mapping[str, str]) -> str:
        """What it reads from standard input."""
        return f"{_HEADER}: {facts[TOKEN]}\n" if self.with_token else ""

    def typed(self) -> str:
        """The command as a person types it in bash, in lines that are not long."""
        words = [_quoted(word) for word in self.words]
        if self.with_token:
            words += ["<<<", f'"{_HEADER}: ${TOKEN}"']
        if self.assigns:
            return f"{self.assigns}=$({' '.join(words)})"
        return _folded(words)

    @property
    def brief(self) -> str:
        """The beginning of it, to name it by."""
        return self.typed().splitlines()[0].removesuffix(" \\")


def openstack(cloud: str, line: str, *words: str) -> Command:
    """A command of OpenStack's client; ``words`` are what has spaces in it."""
    return Command(("openstack", "--os-cloud", cloud, *line.split(), *words))


def columns(*names: str) -> tuple[str, ...]:
    """The options that make OpenStack's client show these columns only."""
    return tuple(word for name in names for word in ("-c", name))


def shown(command: Command, *names: str) -> Command:
    """The command, showing these columns only."""
    return replace(command, words=(*command.words, *columns(*names)))


def token(cloud: str) -> Command:
    """Keep a token of a cloud's user in a variable."""
    command = openstack(cloud, "token issue -f value -c id")
    return replace(command, assigns=TOKEN)


def curl(url: str, body: Mapping[str, Any] | None = None) -> Command:
    """Ask the operators' API: POST the body, or GET without one."""
    given = () if body is None else ("-X", "POST", "--json", json.dumps(body))
    return Command(("curl", "-sS", "-H", "@-", *given, url), with_token=True)


def inside(server: str, line: str) -> Command:
    """Run a command inside a server of the lab."""
    words = ("make", "--no-print-directory", "lab-exec")
    return Command((*words, f"SERVER={server}", f"CMD={line}"))


def _quoted(word: str) -> str:
    """A word as a person would quote it: ``CMD="ping -c3 10.0.0.5"``."""
    assignment = _ASSIGNMENT.fullmatch(word)
    if assignment:
        return f"{assignment[1]}={_quoted(assignment[2])}"
    bare = shlex.quote(word)
    if bare == word or _SPECIAL_IN_QUOTES.search(word):
        return bare
    return f'"{word}"'


def _folded(words: list[str]) -> str:
    """The words on lines of a terminal's width; an option keeps its value."""
    lines, current = [], ""
    for piece in _pieces(words):
        longer = f"{current} {piece}" if current else piece
        if current and len(longer) > _WIDTH:
            lines.append(current)
            longer = piece
        current = longer
    return _CONTINUED.join([*lines, current])


def _pieces(words: list[str]) -> list[str]:
    """The words, each option together with what follows it up to the next one."""
    pieces: list[str] = []
    for word in words:
        previous = pieces[-1].split(" ") if pieces else []
        if previous and previous[0][0] in "-<" and len(previous) == 1:
            pieces[-1] += f" {word}"
        else:
            pieces.append(word)
    return pieces
