# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""The ASGI application: a request comes in, is checked, served and answered.

One `Gateway` is one service of OpenStack. `ByPort` puts several into one process.
"""

import asyncio
import json
import logging
from collections.abc import Mapping, Sequence

from tricircle.gateway import discovery, errors, intake, microversion
from tricircle.gateway.act import Actor
from tricircle.gateway.discovery import Document
from tricircle.gateway.errors import BadRequest, GatewayError, NotAcceptable
from tricircle.gateway.identity import Identities
from tricircle.gateway.intake import Draft, Receive, Scope, Send
from tricircle.gateway.message import (
    JSON,
    Answer,
    Offer,
    Request,
    Stream,
    Version,
    find,
)
from tricircle.gateway.observe import healthcheck
from tricircle.gateway.observe.healthcheck import Health
from tricircle.gateway.observe.observer import Observer
from tricircle.gateway.observe.seen import GONE, Seen
from tricircle.gateway.ports import Pod
from tricircle.gateway.router import Table
from tricircle.gateway.services import NOUNS
from tricircle.gateway.spec import Service
from tricircle.gateway.steps import Exchange
from tricircle.gateway.strategies import STRATEGIES

LOG = logging.getLogger(__name__)

_REQUEST_ID = b"x-openstack-request-id"


class Gateway:
    """One of OpenStack's services, over all pods."""

    def __init__(
        self,
        service: Service,
        actor: Actor,
        identities: Identities,
        *,
        public_url: str = "",
        observer: Observer | None = None,
    ) -> None:
        """Serve ``service``; ``public_url`` is what users call us, if Host is not."""
        self._observer = observer or Observer()
        self._service = service
        self._actor = actor
        self._identities = identities
        self._root = public_url.rstrip("/").removesuffix(service.root)
        self._table = Table(service)
        self._central: Pod | None = None
        self._pods: Sequence[Pod] = ()
        self._offered: Offer | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request, as ASGI has it."""
        if scope["type"] == "lifespan":
            await _live(receive, send)
            return
        if scope["type"] != "http":
            raise ValueError(f"{scope['type']} is not served here")
        request_id = intake.request_id(scope["headers"])
        seen = self._observer.begun(self._service, scope, request_id)
        try:
            answer = await self._answered(seen, receive)
            if answer is not None:
                self._observer.answered(seen, answer)
                await _send(answer, request_id, receive, send)
        finally:
            self._observer.finished(seen)

    async def _answered(self, seen: Seen, receive: Receive) -> Answer | None:
        """The answer, if there is somebody who listens."""
        try:
            draft = intake.draft(seen.scope, receive, self._root, seen.request_id)
            seen.draft = draft
            return await self._answer(draft)
        except GatewayError as error:
            LOG.info("%s: %s %s", seen.request_id, error.status, error)
            accept = find(seen.scope["headers"], b"accept")
            answer = errors.answer(error, self._service, accept)
            if not error.said_by_service:
                return answer
            version = seen.draft.spoken if seen.draft is not None else None
            if isinstance(error, NotAcceptable):
                version = error.version
            return self._versioned(answer, version)
        except ConnectionError:
            seen.status = GONE  # the client went away while it sent its body
            return None

    async def _answer(self, draft: Draft) -> Answer:
        """Check, then serve.

        The order: version documents are everybody's, for clients read them before they
        have a token. Then who it is, before anyone learns which paths there are; then
        whether the path is the project's, what it means, in which microversion. The
        body is read last, when it is known what it may be, and how large.
        """
        offer = self._offer()
        document = discovery.document(self._service, draft.path, draft.root, offer)
        if document is not None:
            return self._documented(draft, document, offer)
        await intake.identify(draft, self._service, self._identities)
        intake.locate_project(draft, self._service)
        draft.match = self._table.match(draft.method, draft.below)
        self._negotiate(draft, offer)
        await intake.read_body(draft)
        answer = await self._serve(draft)
        return answer if answer.region else self._versioned(answer, draft.spoken)

    def _negotiate(self, draft: Draft, offer: Offer | None) -> None:
        draft.version, draft.headers = microversion.negotiate(
            self._service, draft.headers, offer
        )
        draft.spoken = draft.version or (offer[0] if offer else None)

    def _documented(
        self, draft: Draft, document: Document, offer: Offer | None
    ) -> Answer:
        if document.versioned:
            self._negotiate(draft, offer)
        body = json.dumps(document.content).encode()
        return self._versioned(Answer(document.status, [JSON], body), draft.spoken)

    def _versioned(self, answer: Answer, version: Version | None) -> Answer:
        """An answer of ours, which tells in which version it is, as regions' do."""
        if version is None or answer.header(self._service.headers[0]):
            return answer
        told = microversion.spoken(self._service, version)
        return Answer(answer.status, [*answer.headers, *told], answer.body)

    def _offer(self) -> Offer | None:
        placement = self._actor.placement
        central, pods = placement.central, placement.pods
        # Worked out anew when they were read anew. No pods are the same as before.
        if pods is not self._pods or central is not self._central:
            self._offered = microversion.offered(self._service, [central, *pods])
            self._central, self._pods = central, pods
        return self._offered

    async def _serve(self, draft: Draft) -> Answer:
        match, identity, placement = draft.match, draft.identity, self._actor.placement
        if match is None or identity is None:
            raise BadRequest("This request was not checked.")
        request = Request(
            method=draft.method,
            path=draft.below,
            query=draft.query,
            headers=draft.headers,
            identity=identity,
            request_id=draft.request_id,
            root=draft.root,
            version=draft.version,
            document=draft.document,
            body=draft.body,
        )
        exchange = Exchange(
            request, match, self._service, placement.pods, placement.central, NOUNS
        )
        strategy = STRATEGIES[match.action.strategy](exchange)
        return await self._actor.run(strategy, request)


async def _live(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


async def _send(answer: Answer, request_id: str, receive: Receive, send: Send) -> None:
    headers, body = [*answer.headers], answer.body
    if not find(headers, _REQUEST_ID):
        headers.append((_REQUEST_ID, request_id.encode()))
    if isinstance(body, bytes):
        if answer.status >= 200 and answer.status not in {204, 304}:
            headers.append((b"content-length", b"%d" % len(body)))
        await send(
            {
                "type": "http.response.start",
                "status": answer.status,
                "headers": headers,
            }
        )
        await send({"type": "http.response.body", "body": body})
        return
    if body.length is not None:
        headers.append((b"content-length", b"%d" % body.length))
    await send(
        {"type": "http.response.start", "status": answer.status, "headers": headers}
    )
    try:
        await _pass_on(body, receive, send)
    finally:
        await body.aclose()


async def _pass_on(body: Stream, receive: Receive, send: Send) -> None:
    """Send a stream's pieces, and stop the pod when the client goes away."""
    async with asyncio.TaskGroup() as group:
        watch = group.create_task(_close_when_gone(body, receive))
        try:
            async for chunk in body:
                await send(
                    {"type": "http.response.body", "body": chunk, "more_body": True}
                )
            await send({"type": "http.response.body", "body": b""})
        except ConnectionError as error:
            # The server closes a connection whose answer is not whole, and so tells.
            LOG.warning("an answer broke off: %s", error)
        finally:
            watch.cancel()


async def _close_when_gone(body: Stream, receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    await body.aclose()


class ByPort:
    """Several services in one process, told apart by the port that was called."""

    def __init__(
        self, gateways: Mapping[int, Gateway], health: Health | None = None
    ) -> None:
        self._gateways = gateways
        self._health = health or Health()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""
        if scope["type"] == "lifespan":
            await _live(receive, send)
            return
        if scope["raw_path"] == healthcheck.PATH:
            answer = self._health.answer(scope["method"], scope["headers"])
            await _send(answer, intake.request_id(scope["headers"]), receive, send)
            return
        await self._gateways[scope["server"][1]](scope, receive, send)
