# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""What is printed while things run: on a terminal, or in a log.

On a terminal a last line names what runs just now; elsewhere each line is final.
"""

import time
from collections.abc import Iterable
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.markup import escape
from rich.text import Text


class Terminal:
    """Prints lines, each with the time since the beginning; a context manager."""

    def __init__(self, console: Console | None = None) -> None:
        """Print on ``console``, by default standard output."""
        self.console = console or Console(highlight=False, soft_wrap=True)
        self._began = time.monotonic()
        self._status = self.console.status("")

    def __enter__(self) -> Self:
        if self.console.is_terminal:
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
        """How long it has taken so far."""
        return time.monotonic() - self._began

    def say(self, text: str) -> None:
        """Print a line."""
        self.console.print(f"[dim]{self.seconds:6.1f} s[/]  {escape(text)}")

    def busy(self, doing: Iterable[str] = ()) -> None:
        """Name what runs just now, as far as there is room in a line."""
        text, room = " · ".join(doing), self.console.width - 4
        if len(text) > room:
            text = f"{text[:room]}…"
        self._status.update(Text(text))
