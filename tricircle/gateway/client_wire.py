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

MAX_HEAD = 64 * 1024
"""Bytes of a request's line and headers; a token may take some of them."""
_PIECE = 256 * 1024
"""What a loop reads at once, so that a body may have come with its head."""
_TOO_LARGE = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\n"
    b"content-length: 0\r\nconnection: close\r\n\r\n"
)


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
    """A client's connection, for uvicorn's ``http``.

    uvicorn takes heads of any size, and keeps them; here one is bounded, even if its
    end never comes.
    """

    _in_head = True
    _head = 0
    """Bytes of a head that is not whole, but for those that came with its begin."""
    _piece = 0
    _excessive = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Gather what is written to it."""
        # uvloop's transports are asyncio's in all but name.
        own = cast("asyncio.Transport", transport)
        super().connection_made(Gathered(own, self.loop))

    def data_received(self, data: bytes) -> None:
        """Take in a piece of a request, or of several."""
        self._piece = len(data)
        if self._in_head:
            self._head += len(data)
            if self._head > MAX_HEAD + _PIECE:
                self._refuse_head()
                return
        super().data_received(data)

    def on_message_begin(self) -> None:
        """A head begins."""
        self._in_head, self._head = True, 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """The head is whole; raises ValueError where it is too large."""
        self._in_head = False
        if self._piece + self._head > MAX_HEAD:  # else it cannot be
            sizes = (len(name) + len(value) for name, value in self.headers)
            if len(self.url) + sum(sizes) > MAX_HEAD:
                self._excessive = True
                raise ValueError("the head is too large")
        super().on_headers_complete()

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no HTTP, or what we raised meanwhile."""
        if self._excessive:
            self._refuse_head()
        else:
            super().send_400_response(msg)

    def _refuse_head(self) -> None:
        if not self.transport.is_closing():
            self.transport.write(_TOO_LARGE)
            self.transport.close()
