# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""``broadcast``: a list that lies in every pod."""

from collections.abc import Mapping
from sys import maxsize
from typing import Any
from urllib.parse import urlencode

import orjson

from tricircle.gateway import merge, naming, paginate
from tricircle.gateway.errors import BadRequest, GatewayError, NotFound, absent
from tricircle.gateway.message import JSON, Answer, Call, Lost
from tricircle.gateway.paginate import CURSOR, Page, Position
from tricircle.gateway.plan import own_path, path, read, shown_at
from tricircle.gateway.ports import Pod
from tricircle.gateway.publish import make_public, publish
from tricircle.gateway.reading import own_query, told
from tricircle.gateway.rewrite import INTERNAL, pod_zone
from tricircle.gateway.spec import Pagination
from tricircle.gateway.steps import Exchange, Keep, Learn, Steps, gather, recall
from tricircle.gateway.strategies.locate import Located, locate
from tricircle.gateway.strategies.out_of_reach import listed_out_of_reach
from tricircle.gateway.streams import Item, Stream, drain, streams

_MARKER_GONE = {400, 404}
"""What Nova and what Cinder say of a marker that does not exist."""

_MAX_PAGES = 50
"""Pages of a pod that are read for one page of ours: far more than the way to any
marker needs, and an end to what would never end."""


def broadcast(exchange: Exchange) -> Steps[Answer]:
    """Read as many pages of each pod as one page of the merged list needs."""
    listing = _Listing(exchange)
    position = yield from listing.position()
    refusal = yield from listing.read(position)
    if refusal is not None:
        return refusal
    return (yield from listing.answer())


class _Listing:
    """One page of a merged list, while it is being made."""

    def __init__(self, exchange: Exchange) -> None:
        pagination = exchange.match.action.pagination
        if pagination is None:
            raise ValueError(f"{exchange.match.action.path} does not say how it pages")
        self.exchange = exchange
        self.pagination: Pagination = pagination
        request = exchange.request
        query = request.parameters()
        self.whole = paginate.comes_whole(pagination, request.version, query)
        self.page: Page = paginate.parse(query, pagination, whole=self.whole)
        self.pods: list[Pod] = _asked(exchange, self.page.zone)
        # The short form has nothing to sort by, but one pod needs no sorting.
        self.brief = bool(pagination.brief) and len(self.pods) > 1
        self.below = pagination.detail if self.brief else exchange.request.path
        self.limit = pagination.page if self.page.limit is None else self.page.limit
        if self.whole:
            self.limit = maxsize
        self.streams: list[Stream] = []
        self.items: list[Item] = []
        self.after: Mapping[str, str] = {}
        self.marks: list[Position] = []
        self.missing: list[str] = []
        self.like: Answer | None = None
        self.none: Answer | None = None

    def position(self) -> Steps[Position | None]:
        """Where the page begins.

        Raises BadRequest for a marker that nobody knows.
        """
        page = self.page
        if page.marker is None:
            return None
        if page.cursor is not None:
            cursor = paginate.decode(page.cursor)
            # The SDK leaves it in the query when it goes on by markers of its own.
            fits = len(cursor.values) == len(page.order.keys)
            if fits and cursor.marker == page.marker:
                return cursor
        known: Position | None = yield from recall(*self._key(page.marker))
        if known is not None:
            return known
        return (yield from self._work_out(page.marker))

    def _work_out(self, marker: str) -> Steps[Position]:
        """The place of an item of which only the id is known."""
        exchange, resource = self.exchange, self.exchange.match.resource
        unknown: GatewayError = BadRequest(f"marker [{marker}] not found")
        if exchange.service.absent == 404:
            unknown = NotFound(absent(resource.type, marker))
        if not resource.show:
            raise unknown
        pod, own = naming.own(marker, self.pods)
        found = Located(pod)
        if pod is None:
            try:
                found = yield from locate(exchange, resource.type, marker)
            except NotFound:  # as was known a moment ago
                raise unknown from None
        if found.pod is None:
            raise unknown
        shown = found.answer
        if shown is None:
            call = read(exchange, found.pod, shown_at(resource, own))
            (lost_or_shown,) = yield from gather([call])
            shown = merge.given(lost_or_shown)
        if not shown.ok:
            raise unknown
        (item,) = merge.load(shown).values()
        values = tuple(item.get(name) for name, _ in self.page.order.keys)
        return Position(values, found.pod.name, {found.pod.name: own})

    def read(self, position: Position | None) -> Steps[Answer | None]:
        """Take items until the page is full or the pods are empty.

        Gives an answer only where a pod refuses the request.
        """
        page, wanted = self.page, self.limit + self.page.offset
        self.after = position.after if position else {}
        self.streams = streams(self.pods, page, self.pagination, position)
        while True:
            hungry = [stream for stream in self.streams if stream.hungry]
            refusal = yield from self._feed(hungry, position)
            if refusal is not None:
                return refusal
            self._drain(wanted)
            if len(self.items) >= wanted or not any(s.hungry for s in self.streams):
                return None

    def _feed(
        self, hungry: list[Stream], position: Position | None
    ) -> Steps[Answer | None]:
        if any(stream.pages == _MAX_PAGES for stream in hungry):
            raise BadRequest(
                "The marker lies too deep in the list. Follow the next link of the "
                "page before, or ask for fewer items."
            )
        skips = any(stream.skip is not None for stream in hungry)
        batch = None
        if not self.whole:
            batch = paginate.batch_size(
                self.page, self.pagination, len(self.pods), skips=skips
            )
        answers = yield from gather([self._call(stream, batch) for stream in hungry])
        for stream, answer in zip(hungry, answers, strict=True):
            stream.pages += 1
            if isinstance(answer, Lost) or answer.status >= 500:
                stream.done = True
                if stream.pod.name not in self.missing:
                    self.missing.append(stream.pod.name)
            elif answer.ok:
                self.like = self.like or answer
                stream.take(answer, batch)
            elif answer.status == 404 and self.pagination.none_is_404:
                stream.done = True
                self.none = answer
            elif (
                answer.status in _MARKER_GONE and stream.after and position is not None
            ):
                # Its marker was deleted since: what sorts before it was given.
                stream.rewind(position, [one.name for one in self.streams])
            else:
                return (yield from publish(self.exchange, stream.pod, answer))
        return None

    def _call(self, stream: Stream, batch: int | None) -> Call:
        zone = self.page.zone and pod_zone(self.page.zone, stream.pod)
        own = own_query(self.exchange, stream.pod, self.page.filters)
        query = stream.query(own, batch, zone)
        below = own_path(self.exchange, stream.pod, self.below)
        return read(self.exchange, stream.pod, below, query)

    def _drain(self, wanted: int) -> None:
        """Take items; remember the places of the last two.

        A user who shows ``limit`` items asks for one more, to see whether there is a
        next page, and then goes on from the last that was shown.
        """
        for item in drain(self.streams):
            region = item.stream.name
            self.after = {**self.after, region: item.id}
            self.items.append(item)
            self.marks.append(Position(item.values, region, self.after))
            del self.marks[:-2]
            if len(self.items) == wanted:
                return

    def _key(self, marker: str) -> tuple[str, ...]:
        request = self.exchange.request
        who = (request.identity.project_id, request.identity.user_id)
        return ("position", *who, request.path, self.page.signature, marker)

    def answer(self) -> Steps[Answer]:
        """Put the page together; raises PodUnavailable where no pod answered."""
        if self.like is None:
            if self.missing:
                raise merge.none_left(self.missing)
            return self.none or _empty(self.pagination)
        items = self.items[self.page.offset :]
        documents = yield from self._documents(items)
        body: dict[str, Any] = {self.pagination.key: documents}
        yield from self._learn(items)
        ids = [str(document.get(self.pagination.id, "")) for document in documents]
        if items and len(items) >= self.limit:
            body[f"{self.pagination.key}_links"] = [self._next(ids[-1])]
        body[self.pagination.key] = [
            *(yield from self._out_of_reach(ids)),
            *documents,
        ]
        if self.page.limit is not None:
            # Some ask on even after the last page, which had no link.
            for id, mark in zip(ids[:-3:-1], self.marks[::-1], strict=False):
                yield Keep(self._key(id), mark)
        counts = [stream.count for stream in self.streams if stream.count is not None]
        if counts:
            body["count"] = sum(counts)
        return merge.composed(self.like, body, self.missing)

    def _out_of_reach(self, ids: list[str]) -> Steps[list[Any]]:
        """What routes tell of the missing pods' items; Nova has such first, too."""
        room = self.pagination.page - len(ids)
        return (yield from listed_out_of_reach(self.exchange, self.missing, ids, room))

    def _documents(self, items: list[Item]) -> Steps[list[Any]]:
        documents: list[Any] = [orjson.loads(memoryview(item.raw)) for item in items]
        for stream in self.streams:
            own = [
                document
                for item, document in zip(items, documents, strict=True)
                if item.stream is stream
            ]
            if own:
                yield from make_public(
                    self.exchange, stream.pod, {self.pagination.key: own}
                )
        if self.brief:
            kept = self.pagination.brief
            return [{k: d[k] for k in kept if k in d} for d in documents]
        return documents

    def _learn(self, items: list[Item]) -> Steps[None]:
        resource = self.exchange.match.resource
        if not (resource.show and resource.routed):
            return
        if any(key == "all_tenants" for key, _ in self.page.filters):
            return  # they are other projects'
        for stream in self.streams:
            ids = tuple(item.id for item in items if item.stream is stream)
            if ids:
                yield Learn(resource.type, ids, stream.pod)

    def _next(self, marker: str) -> dict[str, str]:
        request, mark = self.exchange.request, self.marks[-1]
        left_out = {"marker", CURSOR, "offset"}
        query = [pair for pair in request.parameters() if pair[0] not in left_out]
        query += [("marker", marker), (CURSOR, mark.encode())]
        below = path(self.exchange.service, request.identity.project_id, request.path)
        return {"rel": "next", "href": f"{request.root}{below}?{urlencode(query)}"}


def _asked(exchange: Exchange, zone: str | None) -> list[Pod]:
    """The pods that may have what is listed."""
    only = told(exchange)
    regions = [*exchange.pods] if only is None else [only]
    if zone in {None, INTERNAL}:
        return regions
    return [pod for pod in regions if pod.zone == zone]


def _empty(pagination: Pagination) -> Answer:
    """No pod is asked for a zone that no pod has."""
    return Answer(200, [JSON], orjson.dumps({pagination.key: []}))
