# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""A cloud of fake regions on real sockets, with the gateway in front of it."""

import asyncio
import json
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.unit.tricircle.gateway.pod import FakePod, Talk, pod
from tricircle.gateway.act import Actor
from tricircle.gateway.app import Gateway
from tricircle.gateway.cache import Cache
from tricircle.gateway.caller import Caller
from tricircle.gateway.errors import Conflict
from tricircle.gateway.identity import Credential, Identities, Keystone, OwnToken
from tricircle.gateway.line import Limits
from tricircle.gateway.memory import MemoryPlacement, NoQuotas
from tricircle.gateway.message import Identity, Patience
from tricircle.gateway.observe.exposition import Sources
from tricircle.gateway.observe.observer import Observer
from tricircle.gateway.observe.tracing import TracedApp, TracedTransport, Traces
from tricircle.gateway.places import Kind
from tricircle.gateway.ports import Attachment, Pod, Realised
from tricircle.gateway.services.compute import COMPUTE
from tricircle.gateway.spec import Service
from tricircle.gateway.transport import Transport

PROJECT = "70816aab742e45958b6f455f94bb4015"


@dataclass
class Region:
    """A Nova that answers what it was told to, else 404."""

    answers: dict[str, Any] = field(default_factory=dict)
    """By ``GET /v2.1/servers``: a document, or a status with one, or bytes."""
    otherwise: Any = (404, {})
    asked: list[str] = field(default_factory=list)
    requests: list[bytes] = field(default_factory=list)
    silent: bool = False

    async def serve(self, talk: Talk) -> None:
        while True:
            request = await talk.request()
            method, target, _ = request.split(b"\r\n")[0].decode().split(" ")
            self.asked.append(f"{method} {target}")
            self.requests.append(request)
            if self.silent:
                await talk.reader.read()
            answer = self.answers.get(
                f"{method} {target.partition('?')[0]}", self.otherwise
            )
            if isinstance(answer, bytes):
                await talk.say(answer)
                continue
            status, document = answer if isinstance(answer, tuple) else (200, answer)
            await talk.answer(json.dumps(document).encode(), status)


class FakeRealiser:
    """Remembers what it was asked for; a port of another project does not exist."""

    def __init__(self) -> None:
        self.done: list[str] = []

    async def prepare(
        self, wanted: Attachment, pod: Pod, identity: Identity, intent: str
    ) -> Realised:
        if any(item.port_id == "foreign" for item in wanted.interfaces):
            raise Conflict("Port foreign is in use.")
        ports = tuple(f"{pod.name}-port-{n}" for n in range(len(wanted.interfaces)))
        self.done.append(f"prepare {' '.join(ports)}")
        return Realised(ports)

    async def claim(self, realised: Realised, server_id: str, pod: Pod) -> None:
        self.done.append(f"claim {server_id}")

    async def undo(self, realised: Realised, pod: Pod) -> None:
        self.done.append(f"undo {' '.join(realised.pod_ports)}")

    async def refresh(self, port_id: str, pod: Pod) -> None:
        self.done.append(f"refresh {port_id}")

    async def release(self, server_id: str, pod: Pod) -> None:
        self.done.append(f"release {server_id}")

    async def detach(self, server_id: str, port_id: str, pod: Pod) -> None:
        self.done.append(f"detach {port_id}")

    async def translate(
        self, ids: Collection[tuple[Kind, str]], pod: Pod, *, inward: bool
    ) -> Mapping[tuple[Kind, str], str]:
        return {}


def token(**more: Any) -> dict[str, Any]:
    """A token, as Keystone tells of it."""
    return {
        "token": {
            "user": {"id": "U"},
            "project": {"id": PROJECT},
            "roles": [{"name": "member"}],
            "expires_at": "2100-01-01T00:00:00.000000Z",
            **more,
        }
    }


@dataclass
class Reply:
    """What a client of the gateway sees."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Cloud:
    """The gateway's Nova, and what is behind it."""

    gateway: Gateway | TracedApp
    placement: MemoryPlacement
    realiser: FakeRealiser
    keystone: Region
    central: Region
    pod1: Region
    pod2: Region
    sources: Sources
    """Of metrics."""

    async def __call__(
        self,
        method: str,
        path: str,
        document: Any = None,
        *,
        token: str = "good",  # noqa: S107
        body: list[bytes] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """Call it, as an ASGI server would."""
        pieces = body if body is not None else []
        if document is not None:
            pieces = [json.dumps(document).encode()]
        pairs = [(b"host", b"cloud:19998"), (b"x-auth-token", token.encode())]
        if pieces and "transfer-encoding" not in (headers or {}):
            length = str(sum(map(len, pieces))).encode()
            pairs.append((b"content-length", length))
        pairs += [(k.encode(), v.encode()) for k, v in (headers or {}).items()]
        raw_path, _, query = path.partition("?")
        scope = {
            "type": "http",
            "method": method,
            "scheme": "http",
            "raw_path": raw_path.encode(),
            "query_string": query.encode(),
            "headers": [
                pair for pair in pairs if pair[1] or pair[0] != b"x-auth-token"
            ],
            "server": ("127.0.0.1", 19998),
            "client": ("192.0.2.1", 40000),
        }
        coming = iter(pieces or [b""])
        left = len(pieces or [b""])
        gone = asyncio.Event()

        async def receive() -> dict[str, Any]:
            nonlocal left
            piece = next(coming, None)
            if piece is None:
                await gone.wait()
                return {"type": "http.disconnect"}
            left -= 1
            return {"type": "http.request", "body": piece, "more_body": left > 0}

        said: list[Any] = []

        async def send(message: Any) -> None:
            said.append(message)

        await self.gateway(scope, receive, send)
        start = said[0]
        return Reply(
            start["status"],
            {k.decode(): v.decode() for k, v in start["headers"]},
            b"".join(message.get("body", b"") for message in said[1:]),
        )


@asynccontextmanager
async def cloud(
    service: Service = COMPUTE,
    observer: Observer | None = None,
    traces: Traces | None = None,
    **more: Any,
) -> AsyncIterator[Cloud]:
    """Two pods, a central region and a Keystone that knows the token ``good``."""
    regions = [Region() for _ in range(4)]
    keystone, central, pod1, pod2 = regions
    keystone.answers["GET /v3/auth/tokens"] = token()
    times = {patience: 0.3 for patience in Patience}
    async with AsyncExitStack() as stack:
        fakes: list[FakePod] = [
            await stack.enter_async_context(pod(region.serve)) for region in regions
        ]
        addresses = [fake.origin for fake in fakes]
        names = ("RegionOne", "Pod1", "Pod2")
        made = [
            Pod(
                id=name,
                name=name,
                zone=zone,
                own_zone="nova" if zone else "",
                endpoints={"compute": f"{address}/v2.1", "volume": f"{address}/v3"},
                versions={"compute": ((2, 1), highest), "volume": ((3, 0), (3, 71))},
            )
            for name, zone, address, highest in zip(
                names,
                ("", "az1", "az2"),
                addresses[1:],
                ((2, 104), (2, 100), (2, 104)),
                strict=True,
            )
        ]
        limits = Limits(connect=0.3, first_byte=times, body=0.5)
        transport = TracedTransport(traces, limits) if traces else Transport(limits)

        async def log_in() -> OwnToken:
            return OwnToken("own", "operators", 4e9)

        credential = Credential(log_in)
        identities = Identities(
            Keystone(f"{addresses[0]}/v3", transport), credential, **more
        )
        placement = MemoryPlacement(made[0], made[1:])
        realiser = FakeRealiser()
        caller = Caller(placement, transport, credential, identities)
        actor = Actor(placement, realiser, caller, NoQuotas(placement))
        observer = observer or Observer()
        caches: dict[str, Cache[Any, Any]]
        caches = {"routes": placement.cache, "tokens": identities.cache}
        gateway = Gateway(service, actor, identities, observer=observer)
        yield Cloud(
            TracedApp(gateway, traces) if traces else gateway,
            placement,
            realiser,
            keystone,
            central,
            pod1,
            pod2,
            Sources(
                observer.tally,
                caches,
                lambda: transport.lines,
                lambda: placement.pods,
            ),
        )
        await transport.aclose()
