# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""What leaves the gateway, byte for byte, with regions that answer at once.

There are no sockets: an event loop's connections lead into an `Ether`, which reads what
is sent as any HTTP server would, remembers it, and answers.
"""

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import httptools

from tests.unit.tricircle.gateway.cloud import FakeRealiser
from tricircle.gateway.act import Actor
from tricircle.gateway.app import Gateway
from tricircle.gateway.caller import Caller
from tricircle.gateway.identity import Credential, Identities, Keystone, OwnToken
from tricircle.gateway.memory import MemoryPlacement, NoQuotas
from tricircle.gateway.ports import Pod
from tricircle.gateway.spec import Service
from tricircle.gateway.transport import Transport

OWN = "own-token"
"""The operator's."""

Answer = tuple[int, Any]
"""A status, and a document."""
Answers = Callable[["Sent"], Answer]
Scope = dict[str, Any]


@dataclass
class Sent:
    """A request, as a server reads it."""

    host: str
    """To whom it was sent: ``pod1:8774``."""
    method: str = ""
    target: str = ""
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""
    whole: int = 0
    """How many whole requests came where one was to be sent."""

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    def values(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key == name]


class _Wire(asyncio.Transport):
    """The other end of one connection."""

    def __init__(self, ether: "Ether", host: str, protocol: asyncio.Protocol) -> None:
        super().__init__()
        self._ether, self._host, self._protocol = ether, host, protocol
        self._closing = False
        self._begin()

    def _begin(self) -> None:
        self._sent = Sent(self._host)
        self._parser = httptools.HttpRequestParser(self)

    def write(self, data: Any) -> None:
        sent, parser = self._sent, self._parser
        parser.feed_data(data)
        if not sent.whole:
            return
        sent.method = parser.get_method().decode()
        self._ether.sent.append(sent)
        status, document = self._ether.answers(sent)
        body = json.dumps(document).encode()
        head = f"HTTP/1.1 {status} X\r\ncontent-type: application/json\r\n"
        said = f"{head}content-length: {len(body)}\r\n\r\n".encode()
        self._begin()
        asyncio.get_running_loop().call_soon(
            self._protocol.data_received,
            said if sent.method == "HEAD" else said + body,
        )

    # What the parser tells

    def on_url(self, url: bytes) -> None:
        self._sent.target += url.decode("ascii")

    def on_header(self, name: bytes, value: bytes) -> None:
        pair = (name.decode("ascii").lower(), value.decode("latin-1"))
        self._sent.headers.append(pair)

    def on_body(self, body: bytes) -> None:
        self._sent.body += body

    def on_message_complete(self) -> None:
        self._sent.whole += 1

    # What a transport does

    def is_closing(self) -> bool:
        return self._closing

    def close(self) -> None:
        self._closing = True

    def abort(self) -> None:
        self._closing = True

    def pause_reading(self) -> None:
        pass

    def resume_reading(self) -> None:
        pass


class Ether:
    """The gateway's Nova or Cinder, and all that it says to regions."""

    def __init__(self, service: Service, tokens: Mapping[str, Any]) -> None:
        """``tokens``: what Keystone says of each."""
        self.sent: list[Sent] = []
        self.says: Answers = lambda sent: (404, {})
        self._tokens = tokens
        central = _region("RegionOne", "http://central:8774", "http://central:8776")
        pods = [
            _region("Pod1", "http://pod1:8774", "http://pod1:8776", "az1"),
            _region("Pod2", "http://pod2/compute", "http://pod2/volume", "az2"),
        ]
        self.placement = MemoryPlacement(central, pods)
        transport = Transport()

        async def log_in() -> OwnToken:
            return OwnToken(OWN, "0perators", 4e9)

        credential = Credential(log_in)
        keystone = Keystone("http://keystone:5000/v3", transport)
        identities = Identities(keystone, credential)
        caller = Caller(self.placement, transport, credential, identities)
        quotas = NoQuotas(self.placement)
        actor = Actor(self.placement, FakeRealiser(), caller, quotas)
        self._gateway = Gateway(service, actor, identities)

    def answers(self, sent: Sent) -> Answer:
        """What a region says."""
        if sent.host == "keystone:5000":
            told = self._tokens.get(sent.values("x-subject-token")[0])
            return (200, told) if told else (404, {})
        return self.says(sent)

    async def call(self, scope: Scope, pieces: list[bytes]) -> int:
        """The status of an answer to a request, as a server of ASGI would bring it."""
        loop = asyncio.get_running_loop()
        loop.create_connection = self._connect  # type: ignore[assignment]
        coming = [
            {"type": "http.request", "body": piece, "more_body": n < len(pieces)}
            for n, piece in enumerate(pieces, 1)
        ]
        said: list[Any] = []

        async def receive() -> Any:
            if not coming:
                await asyncio.get_running_loop().create_future()
            return coming.pop(0)

        async def send(message: Any) -> None:
            said.append(message)

        await self._gateway(scope, receive, send)
        status: int = said[0]["status"]
        return status

    async def _connect(
        self, factory: Any, host: str, port: int, ssl: Any = None
    ) -> tuple[asyncio.Transport, asyncio.Protocol]:
        protocol = factory()
        wire = _Wire(self, host if port == 80 else f"{host}:{port}", protocol)
        protocol.connection_made(wire)
        return wire, protocol


def _region(name: str, compute: str, volume: str, zone: str = "") -> Pod:
    return Pod(
        id=name,
        name=name,
        zone=zone,
        own_zone="nova" if zone else "",
        endpoints={"compute": f"{compute}/v2.1", "volume": f"{volume}/v3"},
        versions={"compute": ((2, 1), (2, 104)), "volume": ((3, 0), (3, 71))},
    )


def scope(
    method: str,
    target: str | bytes,
    headers: list[tuple[bytes, bytes]],
) -> Scope:
    """What a server makes of a request's head."""
    raw = target if isinstance(target, bytes) else target.encode()
    path, _, query = raw.partition(b"?")
    return {
        "type": "http",
        "method": method,
        "scheme": "http",
        "raw_path": path,
        "query_string": query,
        "headers": [(b"host", b"cloud:19998"), *headers],
        "server": ("127.0.0.1", 19998),
    }
