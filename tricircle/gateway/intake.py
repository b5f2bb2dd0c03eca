# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""From what came over HTTP to a checked request: each check is a step of `app`.

A step takes a `Draft`, and fills in more of it, or answers, or raises a GatewayError.
"""

import re
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from random import getrandbits
from typing import Any, TypeAlias
from urllib.parse import quote, unquote

import msgspec
import orjson

from tricircle.gateway.errors import (
    BadRequest,
    Forbidden,
    PathNotFound,
    TooLarge,
    Unauthorized,
)
from tricircle.gateway.identity import Identities, is_allowed
from tricircle.gateway.message import (
    Headers,
    Identity,
    Stream,
    Version,
    find,
    without,
)
from tricircle.gateway.router import Match
from tricircle.gateway.spec import Service

Scope: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send: TypeAlias = Callable[[MutableMapping[str, Any]], Awaitable[None]]

MAX_BODY = 114_688
"""What Nova and Cinder take (``max_request_body_size`` of oslo.middleware)."""

_GLOBAL_ID = re.compile(rb"req-[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
# What Nova and Cinder take for a project in a path.
_PROJECT = re.compile(r"[0-9a-f-]{1,64}")
# What of a target is passed on as it came; the rest is passed on percent-encoded.
_PLAIN_PATH = re.compile(rb"[!\"$->@-\[\]-z|~]*")
_PLAIN_QUERY = re.compile(rb"[!\"$-~]*")
_PLAIN = "".join(map(chr, range(0x21, 0x7F)))


class Draft(msgspec.Struct):
    """A request that is being checked."""

    method: str
    path: str
    """As it came: percent-encoded, with the version."""
    query: str
    headers: Headers
    root: str
    receive: Receive
    request_id: str
    below: str = ""
    """The path below the version and the project."""
    identity: Identity | None = None
    match: Match | None = None
    version: Version | None = None
    """The microversion asked for."""
    spoken: Version | None = None
    """The one that the answer is in, once that is clear."""
    document: Any = None
    body: bytes | Stream | None = None


def draft(scope: Scope, receive: Receive, root: str, request_id: str) -> Draft:
    """Begin with what the server gives; ``root`` is the address if it is configured.

    ``request_id`` is what `request_id` says of the headers. Raises BadRequest where
    HTTP allows what we cannot pass on.
    """
    headers: Headers = scope["headers"]
    if not root:
        host = find(headers, b"host")
        if not host:
            raise BadRequest("The Host header is missing.")
        root = f"{scope['scheme']}://{host.decode('latin-1')}"
    return Draft(
        method=scope["method"],
        path=_text(scope["raw_path"], _PLAIN_PATH, "?#\\{}"),
        query=_text(scope["query_string"], _PLAIN_QUERY, "#"),
        headers=headers,
        root=root,
        receive=receive,
        request_id=request_id,
    )


def _text(raw: bytes, plain: re.Pattern[bytes], encoded: str) -> str:
    """A part of the target, with nothing in it that would be something else there."""
    if not raw:
        return ""
    if plain.fullmatch(raw):
        return raw.decode("ascii")
    return quote(raw, safe=_PLAIN.translate(dict.fromkeys(map(ord, encoded))))


def request_id(headers: Headers) -> str:
    """The client's global request id, if it is one, as OpenStack's services take it."""
    given = find(headers, b"x-openstack-request-id")
    if given and _GLOBAL_ID.fullmatch(given):
        return given.decode("ascii")
    # It is no secret; asking the kernel takes twenty times as long.
    digits = f"{getrandbits(128):032x}"
    return (
        f"req-{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
    )


async def identify(draft: Draft, service: Service, identities: Identities) -> None:
    """Whose call it is. Before it, nobody learns anything about paths."""
    tokens = [value for name, value in draft.headers if name == b"x-auth-token"]
    # Of two, a pod might take the one that was not checked here.
    token = tokens[0].decode("latin-1") if len(tokens) == 1 else ""
    identity = identities.known(token) or await identities.identify(token)
    if not is_allowed(identity, service, draft.method, draft.path):
        raise Unauthorized(
            "The access rules of the application credential do not allow this call.",
        )
    if not identity.project_id:
        raise Forbidden("The token has no project: ask for one scoped to a project.")
    draft.identity = identity


def locate_project(draft: Draft, service: Service) -> None:
    """Take the version, and the project if there is one, off the path.

    Raises BadRequest for a project that is not the token's, in Nova's words, and
    PathNotFound where it cannot be told what the path is.
    """
    if _is_bent(draft.path):
        raise PathNotFound(draft.path)
    root, legacy = service.root, service.legacy
    if legacy is not None and draft.path.startswith(f"{legacy.root}/"):
        root = legacy.root
        draft.headers = without(draft.headers, service.headers)
    if not draft.path.startswith(f"{root}/"):
        raise PathNotFound(draft.path)
    below = draft.path.removeprefix(root)
    first, _, rest = below.removeprefix("/").partition("/")
    own = draft.identity is not None and first == draft.identity.project_id
    if not own and _PROJECT.fullmatch(first):
        raise BadRequest("Malformed request url")
    draft.below = f"/{rest}" if own else below


def _is_bent(path: str) -> bool:
    """Whether ``..`` or an encoded slash could make another path of it elsewhere.

    What we decided about the one would not hold for the other: whose it is, which
    access rules allow it, and that the operator's token may go there.
    """
    if "%" not in path and "/." not in path:
        return False
    decoded = unquote(path)
    slashes = decoded.count("/") + decoded.count("\\")
    return slashes > path.count("/") or not {".", ".."}.isdisjoint(decoded.split("/"))


async def read_body(draft: Draft) -> None:
    """Read the body; a long one that one region gets is passed on as it comes.

    Raises BadRequest if it must be JSON and is not, TooLarge.
    """
    announced = find(draft.headers, b"content-length")
    length = int(announced) if announced else None
    if length == 0 or (length is None and not _is_chunked(draft.headers)):
        return
    action = draft.match.action if draft.match is not None else None
    if length is None or length > MAX_BODY:
        if action is not None and action.streams_body:
            draft.body = RequestBody(draft.receive, length)
            return
        if length is not None:
            raise TooLarge(f"The body is larger than {MAX_BODY} bytes.")
    draft.body = await _read(draft.receive)
    if action is not None and action.reads_body and draft.body:
        try:
            draft.document = orjson.loads(draft.body)
        except orjson.JSONDecodeError as error:
            raise BadRequest(
                f"Malformed request body: it is no JSON: {error}."
            ) from None


def _is_chunked(headers: Headers) -> bool:
    return bool(find(headers, b"transfer-encoding"))


async def _read(receive: Receive) -> bytes:
    pieces: list[bytes] = []
    size = 0
    async for piece in RequestBody(receive, None):
        pieces.append(piece)
        size += len(piece)
        if size > MAX_BODY:
            raise TooLarge(f"The body is larger than {MAX_BODY} bytes.")
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


class RequestBody:
    """A request's body, as it comes."""

    def __init__(self, receive: Receive, length: int | None) -> None:
        self._receive = receive
        self._length = length

    @property
    def length(self) -> int | None:
        """What the client announced."""
        return self._length

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Give the pieces; raises ConnectionError if the client went away."""
        more = True
        while more:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise ConnectionResetError("the client went away")
            if message.get("body"):
                yield message["body"]
            more = message.get("more_body", False)

    async def aclose(self) -> None:
        """The server drops what is not read."""
