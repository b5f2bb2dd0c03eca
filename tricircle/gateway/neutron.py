# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""The central region's Neutron, as the gateway uses it: five verbs, and its errors."""

from typing import Any
from urllib.parse import quote, urlencode

import orjson

from tricircle.gateway.caller import Caller
from tricircle.gateway.errors import (
    BadRequest,
    Conflict,
    Forbidden,
    GatewayError,
    PodUnavailable,
)
from tricircle.gateway.merge import given
from tricircle.gateway.message import JSON, Answer, Call, Headers, Identity, Patience
from tricircle.gateway.ports import Placement

Document = dict[str, Any]

OPERATOR = Identity("", "", "", frozenset(), 0.0)
"""Whoever acts is the operator; the caller adds the token."""


class Neutron:
    """Calls to the central region's Neutron, with a user's token or the operator's.

    What Neutron refuses is raised as Nova would answer it: a thing that is not there
    is a BadRequest, for it was named in the body of a call about something else.
    """

    def __init__(self, placement: Placement, caller: Caller) -> None:
        self._placement = placement
        self._caller = caller

    async def show(self, who: Identity, path: str) -> Document | None:
        """A resource; None if it does not exist, or not for this user."""
        answer = await self._send(who, "GET", path)
        return None if answer.status == 404 else _one(answer)

    async def list(self, who: Identity, path: str, **query: str) -> list[Document]:
        """Resources, by a filter."""
        answer = await self._send(who, "GET", path, query=urlencode(query))
        found: list[Document] = _one(answer)  # type: ignore[assignment]
        return found

    async def create(self, who: Identity, path: str, document: Document) -> Document:
        """Make a resource."""
        return _one(await self._send(who, "POST", path, document))

    async def update(
        self,
        who: Identity,
        path: str,
        document: Document | None,
        *,
        revision: int | None = None,
    ) -> None:
        """Change a resource, if it still has this revision; one that is gone is fine.

        Raises Conflict if it has not.
        """
        headers: Headers = []
        if revision is not None:
            headers.append((b"if-match", f"revision_number={revision}".encode()))
        answer = await self._send(who, "PUT", path, document, headers=headers)
        if answer.status == 412:
            raise Conflict("Someone else uses it since a moment ago.")
        if answer.status != 404:
            _checked(answer)

    async def delete(self, who: Identity, path: str) -> None:
        """Delete a resource; one that is gone is fine."""
        answer = await self._send(who, "DELETE", path)
        if answer.status != 404:
            _checked(answer)

    async def _send(
        self,
        who: Identity,
        method: str,
        path: str,
        document: Document | None = None,
        *,
        query: str = "",
        headers: Headers | None = None,
    ) -> Answer:
        pairs = list(headers or [])
        if who is not OPERATOR:
            pairs.append((b"x-auth-token", who.token.encode()))
        if document is not None:
            pairs.append(JSON)
        call = Call(
            region=self._placement.central.name,
            service="network",
            method=method,
            path=f"/v2.0{quote(path, safe='/:')}",
            query=query,
            headers=pairs,
            body=None if document is None else orjson.dumps(document),
            patience=Patience.READ if method == "GET" else Patience.WRITE,
            as_admin=who is OPERATOR,
        )
        return given(await self._caller.send(call, who, whole=True))


def _one(answer: Answer) -> Document:
    """The value of a document's only key."""
    (value,) = orjson.loads(_checked(answer).body).values()  # type: ignore[arg-type]
    found: Document = value
    return found


def _checked(answer: Answer) -> Answer:
    if answer.ok:
        return answer
    raise _error(answer)


def _error(answer: Answer) -> GatewayError:
    message, type = _words(answer)
    if answer.status >= 500 or answer.status == 401:
        return PodUnavailable(
            "The central region's Neutron has trouble. Try again later."
        )
    if answer.status == 403 or type == "OverQuota":
        return Forbidden(message)
    if answer.status == 409 and type not in _ABOUT_THE_REQUEST:
        return Conflict(message)
    return BadRequest(message)


_ABOUT_THE_REQUEST = {"IpAddressInUse", "IpAddressAlreadyAllocated"}
"""409 in Neutron, 400 in Nova."""


def _words(answer: Answer) -> tuple[str, str]:
    try:
        error = orjson.loads(answer.body)["NeutronError"]  # type: ignore[arg-type]
        return str(error["message"]), str(error["type"])
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return f"Neutron answered {answer.status}.", ""
