# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""How the walk looks: on a terminal, or in a log.

On a terminal a last line names what runs just now; elsewhere each line is final.
"""

import time
from collections.abc import Iterable
from types import TracebackType

from rich.console import Console
from rich.markup import escape
from rich.text import Text

#: Lines and letters of an answer that are worth reading.
_MAX_LINES = 24
_MAX_LETTERS = 600


class Screen:
    """Prints a walk; use it as a context manager."""

    def __init__(self, console: Console | None = None) -> None:
        """Print on ``console``, by default standard output."""
        self._console = console or Console(highlight=False, soft_wrap=True)
        self._began = time.monotonic()
        self._status = self._console.status("")

    def __enter__(self) -> "Screen":
        if self._console.is_terminal:
            self._status.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._status.stop()

    @property
    def seconds(self) -> float:
        """How long the walk has taken."""
        return time.monotonic() - self._began

    def heading(self, number: int, total: int, title: str, text: str) -> None:
        """Begin a step."""
        self._console.print(
            f"\n[dim]{self.seconds:6.1f} s[/]  [bold cyan]{number} of {total}  "
            f"{escape(title)}[/]\n          [dim]{escape(text)}[/]"
        )

    def command(self, typed: str) -> None:
        """Show a command as it is typed."""
        self._console.print(f"[bold green]$[/] [bold]{escape(typed)}[/]")

    def output(self, text: str) -> None:
        """Show what a command printed, if it is long the beginning of it."""
        for line in shortened(text):
            self._console.print(line, markup=False)

    def say(self, text: str) -> None:
        """Print a line of our own."""
        self._console.print(f"[dim]{self.seconds:6.1f} s[/]  {escape(text)}")

    def fail(self, text: str) -> None:
        """Print why the walk ends here."""
        self._console.print(f"[red]{self.seconds:6.1f} s  {escape(text)}[/]")

    def busy(self, doing: Iterable[str] = ()) -> None:
        """Name what runs just now, as far as there is room in a line."""
        text, room = " · ".join(doing), self._console.width - 4
        if len(text) > room:
            text = f"{text[:room]}…"
        self._status.update(Text(text))


def shortened(text: str) -> list[str]:
    """The lines of an answer, as far as they are worth reading."""
    lines = text.rstrip().splitlines()
    kept = [
        line if len(line) <= _MAX_LETTERS else f"{line[:_MAX_LETTERS]} ..."
        for line in lines[:_MAX_LINES]
    ]
    more = len(lines) - len(kept)
    return [*kept, f"... and {more} lines more"] if more else kept
