# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""How the steps go, shown to a person or written to a log, a line each."""

from rich.console import Console
from rich.markup import escape

from lab.terminal import Terminal


class Progress(Terminal):
    """An observer of steps that prints; use it as a context manager."""

    def __init__(self, console: Console | None = None) -> None:
        """Print on ``console``, by default standard output."""
        super().__init__(console)
        self._running: list[str] = []

    def started(self, step: str) -> None:
        """Show the step among the running ones."""
        self._running.append(step)
        self.busy(self._running)

    def finished(self, step: str, seconds: float) -> None:
        """Print the step, and how long it took."""
        self._ended(step, seconds, "[green]ok[/]    ")

    def failed(self, step: str, seconds: float) -> None:
        """Print that the step failed; the reason follows at the end."""
        self._ended(step, seconds, "[red]FAILED[/]")

    def _ended(self, step: str, seconds: float, verdict: str) -> None:
        self._running.remove(step)
        self.console.print(
            f"[dim]{self.seconds:6.1f} s[/]  {verdict} {escape(step)} "
            f"[dim]({seconds:.1f} s)[/]"
        )
        self.busy(self._running)
