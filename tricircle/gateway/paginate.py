# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Pages of one list that lies in many pods: pure.

A pod's list is a `Stream`, read page by page; streams are merged by the sort keys of
their heads. Between equal keys the pods' order decides, and within a pod the pod does,
for its own tie-breaks (Nova's is an internal number) do not show. So the whole order is
steady, and a `Position` in it is the sort values of an item, its pod, and how far each
pod was read.

A user comes back with the ``next`` link, which carries the position; or, as Horizon
and the SDK do, with nothing but the id of the last item. Then the position is recalled,
or worked out: the item's values say which items of the other pods came before it.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from heapq import heapify, heappop, heapreplace
from typing import Any, TypeAlias

import msgspec

from tricircle.gateway.errors import BadAnswer, BadRequest
from tricircle.gateway.message import Answer
from tricircle.gateway.ports import Pod
from tricircle.gateway.spec import Pagination

CURSOR = "tricircle_marker"
"""The query parameter of next links that carries a position."""

_MIN_BATCH = 100

Values: TypeAlias = tuple[Any, ...]
Key: TypeAlias = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Order:
    """By what a list is sorted: fields of its items, and whether they descend."""

    keys: tuple[tuple[str, bool], ...]

    def key(self, values: Values) -> Key:
        """What sorts as the pods' databases do: ignoring case, nothing first."""
        return tuple(
            _Down(_plain(value)) if down else _plain(value)
            for value, (_, down) in zip(values, self.keys, strict=True)
        )


class _Down:
    """A value that sorts the other way round."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Down) and bool(self.value == other.value)

    def __lt__(self, other: "_Down") -> bool:
        return bool(other.value < self.value)

    __hash__ = None  # type: ignore[assignment]


def _plain(value: Any) -> tuple[int, Any]:
    if value is None:
        return (0, 0)
    if isinstance(value, bool | int | float):
        return (1, value)
    return (2, str(value).casefold())


@dataclass(frozen=True, slots=True)
class Position:
    """A place in the merged list: after this item, with these ids read of each pod."""

    values: Values
    region: str
    after: Mapping[str, str]

    @property
    def marker(self) -> str | None:
        """The id of the item."""
        return self.after.get(self.region)

    def encode(self) -> str:
        """As text for a link.

        It grants nothing: its ids are asked for with the user's own token.
        """
        packed = msgspec.json.encode([self.values, self.region, self.after])
        return urlsafe_b64encode(packed).decode().rstrip("=")


def decode(text: str) -> Position:
    """Read what `Position.encode` wrote.

    Raises BadRequest if it is something else.
    """
    try:
        packed = urlsafe_b64decode(text + "=" * (-len(text) % 4))
        values, region, after = msgspec.json.decode(
            packed, type=tuple[tuple[Any, ...], str, dict[str, str]]
        )
    except (ValueError, msgspec.MsgspecError):
        raise BadRequest(f"{CURSOR} is none that a next link had.") from None
    return Position(values, region, after)


@dataclass(frozen=True, slots=True)
class Page:
    """What a user asks of a list."""

    order: Order
    limit: int | None
    """None: as many as a pod would give."""
    marker: str | None
    cursor: str | None
    offset: int
    zone: str | None
    filters: tuple[tuple[str, str], ...]
    """Everything else of the query, which pods understand by themselves; also how
    they are to sort."""

    @property
    def signature(self) -> str:
        """Tells lists apart that have different items or another order."""
        return repr((self.order.keys, self.zone, self.filters))


def parse(query: list[tuple[str, str]], pagination: Pagination) -> Page:
    """Read a query.

    Raises BadRequest where no pod could follow it.
    """
    known = {"limit", "marker", CURSOR, "offset", pagination.zone}
    single = {key: value for key, value in query if key in known}
    filters = tuple(pair for pair in query if pair[0] not in known)
    order = _order(filters, pagination)
    return Page(
        order=order,
        limit=_count(single, "limit"),
        marker=single.get("marker") or None,
        cursor=single.get(CURSOR) or None,
        offset=_count(single, "offset") or 0,
        zone=single.get(pagination.zone) or None,
        filters=filters,
    )


def _count(query: Mapping[str, str], name: str) -> int | None:
    text = query.get(name)
    if text is None:
        return None
    try:
        count = int(text)
    except ValueError:
        raise BadRequest(f"{name} must be a number, not {text!r}.") from None
    if count < 0:
        raise BadRequest(f"{name} must be 0 or more, not {count}.")
    return count


def _order(filters: tuple[tuple[str, str], ...], pagination: Pagination) -> Order:
    keys = [value.strip() for key, value in filters if key == "sort_key"]
    directions = [value.strip() for key, value in filters if key == "sort_dir"]
    for value in [value for key, value in filters if key == "sort"]:
        for part in value.split(","):
            name, _, direction = part.strip().partition(":")
            keys.append(name)
            directions.append(direction or "desc")
    if not keys:
        keys = [name for name, _ in pagination.default]
    # As Nova and Cinder have it: what has no direction takes the first one's.
    first = directions[0] if directions else "desc"
    directions += [first] * (len(keys) - len(directions))
    fields = pagination.fields or {}
    return Order(
        tuple(
            (fields.get(name, name), direction != "asc")
            for name, direction in zip(keys, directions, strict=False)
        )
    )


@dataclass(frozen=True, slots=True)
class Item:
    """The next item of the merged list."""

    id: str
    values: Values
    raw: msgspec.Raw
    """The whole item, unread."""
    stream: "Stream"


@cache
def _readers(name: str, fields: tuple[str, ...]) -> tuple[Any, Any]:
    """Decoders of a list's answer: to what sorting needs, and to unread items."""
    keys = msgspec.defstruct(
        "Keys",
        [("id", str), *((f"key{n}", Any, None) for n in range(len(fields)))],
        rename={f"key{n}": wire for n, wire in enumerate(fields)},
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
    index: int
    order: Order
    pagination: Pagination
    after: str | None = None
    """The id after which the next page begins."""
    skip: tuple[Key, int] | None = None
    """Items up to here were given already: drop them."""
    unread: deque[tuple[Any, msgspec.Raw]] = field(default_factory=deque)
    """What sorting needs of an item, and the item."""
    done: bool = False
    count: int | None = None

    @property
    def hungry(self) -> bool:
        """Whether nobody can say what its next item is before another page came."""
        return not self.unread and not self.done

    def query(self, page: Page, batch: int, zone: str | None) -> list[tuple[str, str]]:
        """The parameters that bring its next page."""
        query = [*page.filters, ("limit", str(batch))]
        if zone:
            query.append((self.pagination.zone, zone))
        if self.after:
            query.append(("marker", self.after))
        return query

    def rewind(self, position: Position, regions: list[str]) -> None:
        """Its marker is gone: begin anew, and drop what comes before the position."""
        self.after = None
        self.skip = _limit(position, self.order, regions)

    def take(self, answer: Answer, batch: int) -> None:
        """Take in a page.

        Raises BadAnswer if the answer is no such list.
        """
        fields = tuple(name for name, _ in self.order.keys)
        keys, raws = _readers(self.pagination.key, fields)
        try:
            read, unread = keys.decode(answer.body), raws.decode(answer.body)
        except (msgspec.MsgspecError, TypeError) as error:
            raise BadAnswer(
                f"{self.pod.name} answered with something that is no list of "
                f"{self.pagination.key}: {error}."
            ) from None
        self.count = read.count
        self.done = batch == 0 or (not read.links and len(read.items) < batch)
        if not read.items:
            self.done = True
        else:
            self.after = read.items[-1].id
        pairs: Iterable[tuple[Any, msgspec.Raw]]
        pairs = zip(read.items, unread.items, strict=True)
        if self.skip is not None:
            pairs = self._skipped(pairs)
        self.unread.extend(pairs)

    def values(self, head: Any) -> Values:
        """The sort values of an item."""
        return tuple(getattr(head, f"key{n}") for n in range(len(self.order.keys)))

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
    index = regions.index(position.region) if position.region in regions else -1
    return order.key(position.values), index


def streams(
    pods: list[Pod], page: Page, pagination: Pagination, position: Position | None
) -> list[Stream]:
    """The pods' lists, standing where the position says."""
    regions = [pod.name for pod in pods]
    made = []
    for index, pod in enumerate(pods):
        stream = Stream(pod, index, page.order, pagination)
        if position is not None:
            stream.after = position.after.get(pod.name)
            if stream.after is None:
                stream.skip = _limit(position, page.order, regions)
        made.append(stream)
    return made


def batch_size(page: Page, pagination: Pagination, pods: int, *, skips: bool) -> int:
    """How many items to ask of each pod.

    Each brings its share and a tenth more, so that one round is mostly enough; while
    looking for a position, all that a pod gives at once.
    """
    if skips or page.limit is None:
        return pagination.page
    wanted = page.limit + page.offset
    share = max(_MIN_BATCH, -(-wanted * 11 // (10 * max(pods, 1))))
    return min(wanted, share, pagination.page)


def drain(streams: list[Stream]) -> Iterator[Item]:
    """The merged list, up to where a stream is hungry. What is given is taken."""
    heads = [_head(stream) for stream in streams if stream.unread]
    if any(stream.hungry for stream in streams):
        return
    heapify(heads)
    while heads:
        _, _, values, stream = heads[0]
        one, raw = stream.unread.popleft()
        yield Item(one.id, values, raw, stream)
        if stream.unread:
            heapreplace(heads, _head(stream))
        elif stream.done:
            heappop(heads)
        else:
            return


def _head(stream: Stream) -> tuple[Key, int, Values, Stream]:
    values = stream.values(stream.unread[0][0])
    return stream.order.key(values), stream.index, values, stream
