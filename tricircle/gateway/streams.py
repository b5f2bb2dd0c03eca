# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""The pods' lists, each read page by page, and merged: pure.

Where a filter has several values that a pod takes only one by one, each of them is a
stream of its own.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from heapq import heapify, heappop, heapreplace
from typing import Any

import msgspec

from tricircle.gateway.errors import BadAnswer
from tricircle.gateway.message import Answer
from tricircle.gateway.paginate import Key, Order, Page, Position, Values
from tricircle.gateway.ports import Pod
from tricircle.gateway.spec import Pagination


@dataclass(frozen=True, slots=True)
class Item:
    """The next item of the merged list."""

    id: str
    values: Values
    raw: msgspec.Raw
    """The whole item, unread."""
    stream: "Stream"


@cache
def _attributes(id: str, fields: tuple[str, ...]) -> dict[str, str]:
    """By fields of an item, where they are kept; the id may be a sort key, too."""
    wires = dict.fromkeys([id, *fields])
    return {wire: "id" if wire == id else f"key{n}" for n, wire in enumerate(wires)}


@cache
def _readers(name: str, id: str, fields: tuple[str, ...]) -> tuple[Any, Any]:
    """Decoders of a list's answer: to what sorting needs, and to unread items."""
    attributes = _attributes(id, fields)
    keys = msgspec.defstruct(
        "Keys",
        [(attribute, Any, None) for attribute in attributes.values()],
        rename={attribute: wire for wire, attribute in attributes.items()},
    )

    def reader(item: Any) -> Any:
        body = msgspec.defstruct(
            "Body",
            [
                ("items", list[item]),
                ("links", list[Any], []),
                ("count", int | None, None),
            ],
            rename={"items": name, "links": f"{name}_links"},
        )
        return msgspec.json.Decoder(body)

    return reader(keys), reader(msgspec.Raw)


@dataclass(slots=True)
class Stream:
    """One pod's list, as far as it was read."""

    pod: Pod
    name: str
    """The pod's; but where it has several streams, each has a name of its own."""
    only: tuple[tuple[str, str], ...]
    """What it asks for, where others of the pod ask for something else."""
    index: int
    """Its place among others whose items sort equally."""
    order: Order
    pagination: Pagination
    after: str | None = None
    """The id after which the next page begins."""
    skip: tuple[Key, int] | None = None
    """Items up to here were given already: drop them."""
    unread: deque[tuple[Any, msgspec.Raw]] = field(default_factory=deque)
    """What sorting needs of an item, and the item."""
    done: bool = False
    pages: int = 0
    """How many were read of it."""
    count: int | None = None

    @property
    def hungry(self) -> bool:
        """Whether nobody can say what its next item is before another page came."""
        return not self.unread and not self.done

    def query(
        self,
        filters: list[tuple[str, str]],
        batch: int | None,
        zone: str | None,
    ) -> list[tuple[str, str]]:
        """The parameters that bring its next page, or (no batch) all of it."""
        query = [*filters, *self.only]
        if batch is not None:
            query.append(("limit", str(batch)))
        if zone:
            query.append((self.pagination.zone, zone))
        if self.after:
            query.append(("marker", self.after))
        return query

    def rewind(self, position: Position, regions: list[str]) -> None:
        """Its marker is gone: begin anew, and drop what comes before the position."""
        self.after = None
        self.skip = _limit(position, self.order, regions)

    def take(self, answer: Answer, batch: int | None) -> None:
        """Take in a page.

        Raises BadAnswer if the answer is no such list.
        """
        fields = tuple(name for name, _ in self.order.keys)
        keys, raws = _readers(self.pagination.key, self.pagination.id, fields)
        try:
            read, unread = keys.decode(answer.body), raws.decode(answer.body)
        except (msgspec.MsgspecError, TypeError) as error:
            raise BadAnswer(
                f"{self.pod.name} answered with something that is no list of "
                f"{self.pagination.key}: {error}."
            ) from None
        self.count = read.count
        self.done = not batch or (not read.links and len(read.items) < batch)
        if not read.items:
            self.done = True
        else:
            self.after = str(read.items[-1].id)
        pairs: Iterable[tuple[Any, msgspec.Raw]]
        pairs = zip(read.items, unread.items, strict=True)
        if self.skip is not None:
            pairs = self._skipped(pairs)
        self.unread.extend(pairs)

    def values(self, head: Any) -> Values:
        """The sort values of an item."""
        fields = tuple(name for name, _ in self.order.keys)
        attributes = _attributes(self.pagination.id, fields)
        return tuple(getattr(head, attributes[name]) for name in fields)

    def _skipped(
        self, pairs: Iterable[tuple[Any, msgspec.Raw]]
    ) -> Iterator[tuple[Any, msgspec.Raw]]:
        for pair in pairs:
            if self.skip is not None:
                if (self.order.key(self.values(pair[0])), self.index) < self.skip:
                    continue
                self.skip = None
            yield pair


def _limit(position: Position, order: Order, regions: list[str]) -> tuple[Key, int]:
    known = position.region in regions
    index = order.place(regions.index(position.region)) if known else -len(regions)
    return order.key(position.values), index


def streams(
    pods: list[Pod], page: Page, pagination: Pagination, position: Position | None
) -> list[Stream]:
    """The pods' lists, standing where the position says."""
    made: list[Stream] = []
    for pod in pods:
        for number, value in enumerate(page.split or (None,)):
            name = f"{pod.name}|{number}" if number else pod.name
            only = () if value is None else ((pagination.split, value),)
            place = page.order.place(len(made))
            made.append(Stream(pod, name, only, place, page.order, pagination))
    if position is not None:
        names = [stream.name for stream in made]
        for stream in made:
            stream.after = position.after.get(stream.name)
            if stream.after is None:
                stream.rewind(position, names)
    return made


def drain(streams: list[Stream]) -> Iterator[Item]:
    """The merged list, up to where a stream is hungry. What is given is taken."""
    heads = [_head(stream) for stream in streams if stream.unread]
    if any(stream.hungry for stream in streams):
        return
    heapify(heads)
    while heads:
        _, _, values, stream = heads[0]
        one, raw = stream.unread.popleft()
        yield Item(str(one.id), values, raw, stream)
        if stream.unread:
            heapreplace(heads, _head(stream))
        elif stream.done:
            heappop(heads)
        else:
            return


def _head(stream: Stream) -> tuple[Key, int, Values, Stream]:
    values = stream.values(stream.unread[0][0])
    return stream.order.key(values), stream.index, values, stream
