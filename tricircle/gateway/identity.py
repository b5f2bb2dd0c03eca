# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Who calls: tokens, checked with Keystone, and the gateway's own.

A good token is remembered for a minute, never beyond its expiry. A token that was
revoked meanwhile is found out by the pod, which checks it too: its 401 makes us forget
what we knew. So remembering saves Keystone's work and grants nothing.
"""

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import Any
from urllib.parse import unquote, urlsplit

from tricircle.gateway.cache import Cache
from tricircle.gateway.errors import PodUnavailable, Unauthorized
from tricircle.gateway.merge import given, load
from tricircle.gateway.message import (
    AccessRule,
    Answer,
    Call,
    Identity,
)
from tricircle.gateway.spec import Service
from tricircle.gateway.transport import Transport

_UNAUTHORIZED = "The request you have made requires authentication."
_BAD_FOR = 5.0
"""Seconds for which a bad token stays bad without asking: floods stop here."""
_EARLY = 300.0
"""Seconds before its end that our own token is replaced."""


@dataclass(frozen=True, slots=True)
class OwnToken:
    """A token of the gateway's own user."""

    token: str
    project_id: str
    expires_at: float
    """Seconds since the epoch."""

    def __repr__(self) -> str:
        return f"OwnToken(project_id={self.project_id!r})"


class Keystone:
    """Calls to Keystone."""

    def __init__(self, auth_url: str, transport: Transport) -> None:
        parts = urlsplit(auth_url.rstrip("/"))
        self.auth_url = auth_url.rstrip("/")
        self._origin = f"{parts.scheme}://{parts.netloc}"
        self._prefix = parts.path
        self._transport = transport

    async def validate(self, own: str, token: str) -> Answer:
        """Ask whose a token is; raises PodUnavailable."""
        call = Call(
            region="Keystone",
            service="identity",
            method="GET",
            path=f"{self._prefix}/auth/tokens",
            headers=[
                (b"x-auth-token", own.encode()),
                (b"x-subject-token", token.encode()),
                # Without it, Keystone does not tell of tokens with access rules.
                (b"openstack-identity-access-rules", b"1.0"),
            ],
        )
        answer = given(await self._transport.send(call, self._origin, whole=True))
        if answer.status >= 500:
            raise PodUnavailable("Keystone cannot check tokens now. Try again later.")
        return answer


class Credential:
    """The gateway's own token, always a fresh one."""

    def __init__(
        self,
        log_in: Callable[[], Awaitable[OwnToken]],
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Get tokens by ``log_in``, which raises PodUnavailable if it cannot."""
        self._log_in = log_in
        self._clock = clock
        self._lock = asyncio.Lock()
        self._own: OwnToken | None = None

    async def own(self) -> OwnToken:
        """A token that lasts for some minutes; raises PodUnavailable."""
        own = self._own
        if own is None or self._clock() >= own.expires_at - _EARLY:
            async with self._lock:
                if self._own is own:  # nobody else got one meanwhile
                    self._own = await self._log_in()
        if self._own is None:
            raise PodUnavailable("Keystone gave the gateway no token. Try again later.")
        return self._own

    def refused(self, own: OwnToken) -> None:
        """A region did not take it: get another one."""
        if own is self._own:
            self._own = None


class Identities:
    """Checks users' tokens."""

    def __init__(
        self,
        keystone: Keystone,
        credential: Credential,
        *,
        ttl: float = 60.0,
        size: int = 20_000,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Remember a good token for ``ttl`` seconds, and ``size`` of them."""
        self._keystone = keystone
        self._credential = credential
        self._clock = clock
        self._known: Cache[bytes, Identity] = Cache(size, ttl, clock)
        self._bad: Cache[bytes, bool] = Cache(size, _BAD_FOR, clock)
        self._asking: dict[bytes, asyncio.Future[Identity | None]] = {}

    @property
    def cache(self) -> Cache[bytes, Identity]:
        """The tokens that are believed."""
        return self._known

    def known(self, token: str) -> Identity | None:
        """Whose it is, if that is remembered."""
        identity = self._known.get(_key(token))
        return identity if identity and identity.expires_at > self._clock() else None

    async def identify(self, token: str) -> Identity:
        """Whose it is; raises Unauthorized, or PodUnavailable without Keystone."""
        if not token or not token.isascii() or not token.isprintable():
            raise self.unauthorized()
        key = _key(token)
        identity = self.known(token)
        if identity is None and not self._is_bad(key):
            identity = await self._once(key, token)
        if identity is None or identity.expires_at <= self._clock():
            raise self.unauthorized()
        return identity

    def forget(self, token: str) -> None:
        """A pod did not take it."""
        self._known.drop(_key(token))

    def unauthorized(self) -> Unauthorized:
        """The error of whoever has no good token."""
        return Unauthorized(_UNAUTHORIZED, self._keystone.auth_url)

    def _is_bad(self, key: bytes) -> bool:
        return self._bad.get(key) is not None

    async def _once(self, key: bytes, token: str) -> Identity | None:
        """Ask Keystone once, however many calls come with the token at once."""
        asking = self._asking.get(key)
        if asking is not None:
            return await asyncio.shield(asking)
        asking = self._asking[key] = asyncio.get_running_loop().create_future()
        try:
            identity = await self._ask(token)
        except BaseException as error:
            if isinstance(error, asyncio.CancelledError):
                asking.cancel()
            else:
                asking.set_exception(error)
                asking.exception()  # there may be nobody else who waits for it
            raise
        else:
            asking.set_result(identity)
        finally:
            del self._asking[key]
        if identity is None:
            self._bad.put(key, True)
        else:
            self._known.put(key, identity)
        return identity

    async def _ask(self, token: str) -> Identity | None:
        for _ in range(2):
            own = await self._credential.own()
            answer = await self._keystone.validate(own.token, token)
            if answer.status == 200:
                return _identity(token, load(answer)["token"])
            if answer.status == 404:
                return None
            self._credential.refused(own)
        raise PodUnavailable("Keystone refused the gateway's own token.")


def _identity(token: str, told: Mapping[str, Any]) -> Identity:
    credential = told.get("application_credential") or {}
    rules = credential.get("access_rules")
    return Identity(
        token=token,
        user_id=told["user"]["id"],
        project_id=(told.get("project") or {}).get("id", ""),
        roles=frozenset(role["name"] for role in told.get("roles", ())),
        expires_at=_seconds(told["expires_at"]),
        rules=None if rules is None else tuple(_rule(rule) for rule in rules),
    )


def _key(token: str) -> bytes:
    """Tokens are not kept where a dump of the memory's keys would show them."""
    return blake2b(token.encode(), digest_size=16).digest()


def _seconds(time: str) -> float:
    return datetime.fromisoformat(time).timestamp()


_ANY = {"one": r"[^/]+", "many": ".*"}
_TOKEN = re.compile(r"(?P<one>\{[^}]*\}|\*(?!\*))|(?P<many>\*\*)|(?P<text>[^{}*]+)")


def _rule(rule: Mapping[str, str]) -> AccessRule:
    """A rule as Keystone keeps it: ``*`` and ``{id}`` are a segment, ``**`` many."""
    pattern = "".join(
        _ANY.get(match.lastgroup or "") or re.escape(match[0])
        for match in _TOKEN.finditer(rule["path"])
    )
    return AccessRule(rule["service"], rule["method"], re.compile(pattern))


def is_allowed(identity: Identity, service: Service, method: str, path: str) -> bool:
    """Whether the token's access rules, if it has any, allow a call to a public path.

    Pods apply them too, but to the calls that we make of this one.
    """
    if identity.rules is None:
        return True
    decoded = unquote(path)
    return any(
        rule.service in service.catalog
        and rule.method == method
        and rule.path.fullmatch(decoded)
        for rule in identity.rules
    )
