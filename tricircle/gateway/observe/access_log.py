# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""A line for each request.

Lines wait in memory for a moment, and a thread appends them to the file: no request
waits for a disk. The file is opened each time, so that it can be moved away whenever
that suits; several processes may write to it.
"""

import asyncio
import logging
import os
import time
from collections.abc import Callable
from pathlib import Path

from tricircle.gateway.message import Answer
from tricircle.gateway.observe.seen import Seen

LOG = logging.getLogger(__name__)

_EVERY = 1.0
_MOST = 200_000
"""Lines that may wait, while the disk does not take them; more are left out."""


class AccessLog:
    """The access log of a process."""

    def __init__(self, file: Path, clock: Callable[[], float] = time.time) -> None:
        """Append to ``file``; raises OSError if that is not allowed."""
        self._file = file
        self._clock = clock
        self._lines: list[str] = []
        self._left_out = 0
        self._second = 0
        self._text = ""
        _append(file, "")

    def add(self, seen: Seen, seconds: float) -> None:
        """Note a request. Fields have a blank between them; what is empty is a dash."""
        if len(self._lines) >= _MOST:
            self._left_out += 1
            return
        scope, answer, draft = seen.scope, seen.answer, seen.draft
        identity = draft.identity if draft is not None else None
        client, query = scope.get("client"), scope["query_string"]
        target = scope["raw_path"] + b"?" + query if query else scope["raw_path"]
        self._lines.append(
            f"{self._now()} {client[0] if client else '-'} {scope['method']}"
            f" {target.decode('ascii', 'backslashreplace')} {seen.status}"
            f" {_size(answer)} {seconds:.4f}"
            f" {(answer.region if answer is not None else '') or '-'}"
            f" {identity.user_id if identity is not None else '-'}"
            f" {identity.project_id if identity is not None else '-'}"
            f" {seen.request_id}\n"
        )

    async def run(self) -> None:
        """Write what waits, until cancelled; then call `flush`."""
        while True:
            await asyncio.sleep(_EVERY)
            if self._lines:
                await asyncio.to_thread(self.flush)

    def flush(self) -> None:
        """Write what waits now."""
        lines, self._lines = self._lines, []
        left_out, self._left_out = self._left_out, 0
        if left_out:
            LOG.warning("%d lines of the access log were left out", left_out)
        try:
            _append(self._file, "".join(lines))
        except OSError as error:
            LOG.warning("%d lines of the access log are lost: %s", len(lines), error)

    def _now(self) -> str:
        now = self._clock()
        second = int(now)
        if second != self._second:  # most lines are of the second of the one before
            self._second = second
            self._text = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second))
        return f"{self._text}.{int((now - second) * 1000):03}Z"


def _size(answer: Answer | None) -> int | str:
    if answer is None:
        return "-"
    body = answer.body
    if isinstance(body, bytes):
        return len(body)
    return "-" if body.length is None else body.length


def _append(file: Path, text: str) -> None:
    handle = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o640)
    try:
        rest = memoryview(text.encode())
        while rest:
            rest = rest[os.write(handle, rest) :]
    finally:
        os.close(handle)
