# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""One connection of a client: uvicorn's, which sends an answer in one piece.

uvicorn writes the head of an answer, and then its body, and uvloop takes each to the
kernel at once: two packets, for which a client wakes twice. That is a tenth of what a
call by id costs, so here what is written goes out when the loop's turn ends.
"""

import asyncio
from typing import Any, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

_ENOUGH = 64 * 1024
"""Bytes that do not wait for more."""


class Gathered(asyncio.Transport):
    """A transport that sends what was written to it in one piece, in a moment."""

    def __init__(
        self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop
    ) -> None:
        super().__init__()
        self._transport = transport
        self._loop = loop
        self._held: list[bytes] = []
        self._size = 0

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Send it with what else is written before the loop goes on."""
        if not data:
            return
        if not self._held:
            self._loop.call_soon(self._send)
        self._held.append(bytes(data))
        self._size += len(data)
        if self._size >= _ENOUGH:
            self._send()

    def _send(self) -> None:
        held, self._held, self._size = self._held, [], 0
        if held and not self._transport.is_closing():
            self._transport.write(held[0] if len(held) == 1 else b"".join(held))

    def close(self) -> None:
        """Send what is held, and end."""
        self._send()
        self._transport.close()

    def abort(self) -> None:
        """End at once."""
        self._held, self._size = [], 0
        self._transport.abort()

    # The rest is as it is.

    def is_closing(self) -> bool:
        """Whether it ends, or has ended."""
        return self._transport.is_closing()

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """What is known of the connection."""
        return self._transport.get_extra_info(name, default)

    def pause_reading(self) -> None:
        """Take in nothing more for now."""
        self._transport.pause_reading()

    def resume_reading(self) -> None:
        """Go on."""
        self._transport.resume_reading()


class ClientConnection(HttpToolsProtocol):
    """A client's connection, for uvicorn's ``http``."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Gather what is written to it."""
        # uvloop's transports are asyncio's in all but name.
        own = cast("asyncio.Transport", transport)
        super().connection_made(Gathered(own, self.loop))
