# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""How the walk looks."""

from rich.markup import escape

from lab.terminal import Terminal

#: Lines and letters of an answer that are worth reading.
_MAX_LINES = 24
_MAX_LETTERS = 600


class Screen(Terminal):
    """Prints a walk; use it as a context manager."""

    def heading(self, number: int, total: int, title: str, text: str) -> None:
        """Begin a step."""
        self.console.print(
            f"\n[dim]{self.seconds:6.1f} s[/]  [bold cyan]{number} of {total}  "
            f"{escape(title)}[/]\n          [dim]{escape(text)}[/]"
        )

    def command(self, typed: str) -> None:
        """Show a command as it is typed."""
        self.console.print(f"[bold green]$[/] [bold]{escape(typed)}[/]")

    def output(self, text: str) -> None:
        """Show what a command printed, if it is long the beginning of it."""
        for line in shortened(text):
            self.console.print(line, markup=False)

    def fail(self, text: str) -> None:
        """Print why the walk ends here."""
        self.console.print(f"[red]{self.seconds:6.1f} s  {escape(text)}[/]")


def shortened(text: str) -> list[str]:
    """The lines of an answer, as far as they are worth reading."""
    lines = text.rstrip().splitlines()
    kept = [
        line if len(line) <= _MAX_LETTERS else f"{line[:_MAX_LETTERS]} ..."
        for line in lines[:_MAX_LINES]
    ]
    more = len(lines) - len(kept)
    return [*kept, f"... and {more} lines more"] if more else kept
