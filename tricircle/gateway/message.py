# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""What travels: a request in, calls to pods out, answers back, an answer out.

Headers are lists of pairs of bytes with names in lower case, as ASGI has them.

What every call makes is a struct of msgspec, which is made in a tenth of the time that
a frozen dataclass takes.
"""

import re
from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol, TypeAlias
from urllib.parse import parse_qsl

import msgspec

Headers: TypeAlias = list[tuple[bytes, bytes]]
Version: TypeAlias = tuple[int, int]

Offer: TypeAlias = tuple[Version, Version]
"""The lowest and the highest version that there is."""

JSON = (b"content-type", b"application/json")

# RFC 9110, section 7.6.1: these concern one connection, so they end here.
HOP_BY_HOP = frozenset(
    {
        b"connection",
        b"keep-alive",
        b"proxy-authenticate",
        b"proxy-authorization",
        b"proxy-connection",
        b"te",  # codespell:ignore te
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
    }
)


class Stream(Protocol):
    """A body that comes in pieces; whoever reads slowly slows its sender."""

    @property
    def length(self) -> int | None:
        """In bytes, where it is known beforehand."""

    def __aiter__(self) -> AsyncIterator[bytes]:
        """Give the pieces; what breaks off raises ``ConnectionError``."""

    async def aclose(self) -> None:
        """Give up the rest; may be called twice, and after the end."""


class Patience(StrEnum):
    """How long a call may wait; the seconds are the configuration's."""

    FANOUT = "fanout"
    """One of many: the others' answers are worth more than this one."""
    READ = "read"
    """The only one, and it changes nothing."""
    WRITE = "write"
    """It changes something: giving up early would leave us in doubt."""


@dataclass(frozen=True, slots=True)
class AccessRule:
    """A call that an application credential may make."""

    service: str
    method: str
    path: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class Identity:
    """Whose request it is, as Keystone told it."""

    token: str = field(repr=False)
    user_id: str
    project_id: str
    roles: frozenset[str]
    expires_at: float
    """Seconds since the epoch."""
    rules: "tuple[AccessRule, ...] | None" = None
    """What the token's application credential may call, if it has access rules."""


class Request(msgspec.Struct, frozen=True):
    """A call of a user, checked: its token is good, its path's project its own."""

    method: str
    path: str
    """Below the version and the project, still percent-encoded: ``/servers/ID``."""
    query: str
    headers: Headers
    identity: Identity
    request_id: str
    """The global request id: of the client, or ours."""
    root: str
    """What users call the gateway: scheme, host, port; no slash at the end."""
    version: Version | None = None
    """The microversion asked for; none asked: the lowest."""
    document: Any = None
    """The body, where the action reads it."""
    body: bytes | Stream | None = None

    def __repr__(self) -> str:
        return f"Request({self.method} {self.path})"  # the rest may be secret

    def parameters(self) -> list[tuple[str, str]]:
        """The query, decoded, in its order."""
        return parse_qsl(self.query, keep_blank_values=True)


class Call(msgspec.Struct, frozen=True):
    """What is asked of a region."""

    region: str
    service: str
    method: str
    path: str
    """Below the service's root, with the version: ``/v2.1/servers/ID``."""
    query: str = ""
    headers: Headers = msgspec.field(default_factory=list)
    body: bytes | Stream | None = None
    patience: Patience = Patience.READ
    as_admin: bool = False
    """With the operator's token; ``headers`` then carry none."""

    def __repr__(self) -> str:
        return f"Call({self.region}: {self.method} {self.path}?{self.query})"


class Answer(msgspec.Struct, frozen=True):
    """What a region said, and what the user is told."""

    status: int
    headers: Headers
    body: bytes | Stream = b""
    region: str = ""

    @property
    def ok(self) -> bool:
        """Whether what was asked for was done, or has begun."""
        return self.status < 300

    def header(self, name: bytes) -> bytes:
        """The first header of that name, or nothing."""
        return find(self.headers, name)


@dataclass(frozen=True, slots=True)
class Lost:
    """A call that brought no answer."""

    region: str
    reason: str
    """For people: ``did not answer within 2 s``."""
    in_doubt: bool = True
    """The region may have got it, and changed something."""
    busy: bool = False
    """It was held back here, for too many calls to that region wait already."""


def find(headers: Headers, name: bytes) -> bytes:
    """The first header of that name, or nothing."""
    for key, value in headers:
        if key == name:
            return value
    return b""


def without(headers: Headers, names: Collection[bytes]) -> Headers:
    """The headers, except those of these names."""
    return [pair for pair in headers if pair[0] not in names]
