# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""How the steps go, shown to a person or written to a log.

On a terminal: the finished steps, and below them a line that names the running
ones. Elsewhere: one plain line a step.
"""

import time
from types import TracebackType

from rich.console import Console
from rich.markup import escape


class Progress:
    """An observer of steps that prints; use it as a context manager."""

    def __init__(self, console: Console | None = None) -> None:
        """Print on ``console``, by default standard output."""
        self._console = console or Console(highlight=False, soft_wrap=True)
        self._began = time.monotonic()
        self._running: list[str] = []
        self._status = self._console.status("")

    def __enter__(self) -> "Progress":
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

    def started(self, step: str) -> None:
        """Show the step among the running ones."""
        self._running.append(step)
        self._show_running()

    def finished(self, step: str, seconds: float) -> None:
        """Print the step, and how long it took."""
        self._ended(step, seconds, "[green]ok[/]    ")

    def failed(self, step: str, seconds: float) -> None:
        """Print that the step failed; the reason follows at the end."""
        self._ended(step, seconds, "[red]FAILED[/]")

    def say(self, text: str) -> None:
        """Print a line between the steps."""
        self._console.print(f"{self._clock()} {escape(text)}")

    def _ended(self, step: str, seconds: float, verdict: str) -> None:
        self._running.remove(step)
        self._console.print(
            f"{self._clock()} {verdict} {escape(step)} [dim]({seconds:.1f} s)[/]"
        )
        self._show_running()

    def _show_running(self) -> None:
        self._status.update(escape(" · ".join(self._running)))

    def _clock(self) -> str:
        return f"[dim]{time.monotonic() - self._began:6.1f} s[/]"
