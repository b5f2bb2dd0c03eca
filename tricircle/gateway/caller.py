# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""From a call to the address that it goes to, and the tokens that go with it."""

import re
from urllib.parse import unquote, urlsplit

from msgspec.structs import replace

from tricircle.gateway.errors import BadRequest
from tricircle.gateway.identity import Credential, Identities
from tricircle.gateway.message import Answer, Call, Identity, Lost
from tricircle.gateway.plan import OPERATOR
from tricircle.gateway.ports import Placement
from tricircle.gateway.transport import Transport

# Whatever ids a body, a query or a pod named: a path stays one path.
_PATH = re.compile(r"/[!\"$->@-\[\]-~]*")
_QUERY = re.compile(r"[!\"$-~]*")


class Caller:
    """Sends calls to regions, for users and for the operator."""

    def __init__(
        self,
        placement: Placement,
        transport: Transport,
        credential: Credential,
        identities: Identities,
    ) -> None:
        self._placement = placement
        self._transport = transport
        self._credential = credential
        self._identities = identities
        self._addresses: dict[str, tuple[str, str]] = {}

    async def send(
        self, call: Call, identity: Identity, *, whole: bool
    ) -> Answer | Lost:
        """Send a call for a user; ``whole``: read the answer whatever it is.

        Raises PodUnavailable if the operator's token is needed and not to be had, and
        BadRequest for what is no address.
        """
        _check(call)
        pod = self._placement.pod(call.region)
        endpoint = pod.endpoints.get(call.service) if pod is not None else None
        if endpoint is None:
            return Lost(call.region, f"has no {call.service} service", in_doubt=False)
        origin, prefix = self._address(endpoint, call.path)
        if prefix:
            call = replace(call, path=prefix + call.path)
        if call.as_admin:
            return await self._as_operator(call, origin)
        if identity.rules is not None:
            # The rules were applied to what the user called. What we make of it may
            # be another call, which a service's token beside the user's allows.
            own = await self._credential.own()
            service = (b"x-service-token", own.token.encode())
            call = replace(call, headers=[*call.headers, service])
        answer = await self._transport.send(call, origin, whole=whole)
        if isinstance(answer, Answer) and answer.status == 401:
            self._identities.forget(identity.token)
        return answer

    async def _as_operator(self, call: Call, origin: str) -> Answer | Lost:
        answer: Answer | Lost = Lost(call.region, "was not asked", in_doubt=False)
        for _ in range(2):
            own = await self._credential.own()
            sent = replace(
                call,
                path=call.path.replace(OPERATOR, own.project_id),
                headers=[*call.headers, (b"x-auth-token", own.token.encode())],
            )
            answer = await self._transport.send(sent, origin, whole=True)
            if isinstance(answer, Lost) or answer.status != 401:
                break
            self._credential.refused(own)
        return answer

    def _address(self, endpoint: str, path: str) -> tuple[str, str]:
        """Where to connect, and what comes before the call's own path there."""
        found = self._addresses.get(endpoint)
        if found is None:
            parts = urlsplit(endpoint)
            # The endpoint ends in the version, with which the call's path begins.
            version = "/" + path.split("/")[1]
            prefix = parts.path.rstrip("/").removesuffix(version)
            found = (f"{parts.scheme}://{parts.netloc}", prefix)
            self._addresses[endpoint] = found
        return found


def _check(call: Call) -> None:
    """The last look: what is sent is one request, to the path that was meant.

    Raises BadRequest otherwise.
    """
    path = call.path
    fits = bool(_PATH.fullmatch(path) and _QUERY.fullmatch(call.query))
    if fits and ("%" in path or "/." in path):
        fits = {".", ".."}.isdisjoint(unquote(path).replace("\\", "/").split("/"))
    if not fits:
        raise BadRequest(
            "What is named cannot be asked for: ids have no such characters."
        )
