# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Pages of one list that lies in many pods: pure.

A pod's list is a ``Stream``, read page by page; ``streams`` are merged by the sort keys
of their heads. Between equal keys the pods' order decides (backwards, if the list is
ascending), and within a pod the pod does, for its own tie-breaks (Nova's is an internal
number) do not show. So the whole order is steady, and a `Position` in it is the sort
values of an item, its pod, and how far each pod was read.

A user comes back with the ``next`` link, which carries the position; or, as Horizon
and the SDK do, with nothing but the id of the last item. Then the position is recalled,
or worked out: the item's values say which items of the other pods came before it.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import takewhile
from typing import Any, TypeAlias

import msgspec

from tricircle.gateway.errors import BadRequest
from tricircle.gateway.message import Version
from tricircle.gateway.spec import Pagination

CURSOR = "tricircle_marker"
"""The query parameter of next links that carries a position."""

MANY = "|"
"""Between the values of a filter that has several."""

_MIN_BATCH = 100
_LOWEST: Version = (0, 0)

Values: TypeAlias = tuple[Any, ...]
Key: TypeAlias = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Order:
    """By what a list is sorted: fields of its items, and whether they descend."""

    keys: tuple[tuple[str, bool], ...]
    descends: bool = True
    """Whether what sorts equally comes in the pods' order, or the other way round: so
    that a list which is asked for backwards is the same list."""

    def place(self, number: int) -> int:
        """The place of a pod's items, the pod being the nth, among equal ones."""
        return number if self.descends else -number

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

    split: tuple[str, ...] = ()
    """Values of a filter that pods take only one by one."""

    @property
    def signature(self) -> str:
        """Tells lists apart that have different items or another order."""
        return repr((self.order, self.zone, self.filters, self.split))


def parse(
    query: list[tuple[str, str]], pagination: Pagination, *, whole: bool = False
) -> Page:
    """Read a query; ``whole``: the list has no pages, so nothing here is about them.

    Raises BadRequest where no pod could follow it.
    """
    known = {pagination.zone}
    if not whole:
        known |= {"limit", "marker", CURSOR, "offset"}
    single = {key: value for key, value in query if key in known}
    filters = tuple(pair for pair in query if pair[0] not in known)
    split: tuple[str, ...] = ()
    for key, value in filters if pagination.split else ():
        if key == pagination.split and MANY in value:
            split = tuple(value.split(MANY))
            filters = tuple(pair for pair in filters if pair != (key, value))
    order = _order(filters, pagination)
    return Page(
        order=order,
        limit=_count(single, "limit"),
        marker=single.get("marker") or None,
        cursor=single.get(CURSOR) or None,
        offset=_count(single, "offset") or 0,
        zone=single.get(pagination.zone) or None,
        filters=filters,
        split=split,
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
    # What comes after a key that no item shows is in an order that nobody can see.
    pairs = zip(keys, directions, strict=False)
    shown = takewhile(lambda pair: pair[0] in pagination.fields, pairs)
    return Order(
        tuple((pagination.fields[name], way != "asc") for name, way in shown),
        first != "asc",
    )


def comes_whole(
    pagination: Pagination, version: Version | None, query: list[tuple[str, str]]
) -> bool:
    """Whether the list has no pages, in a microversion (none: the lowest)."""
    since = pagination.since
    if since is None or (version or _LOWEST) < since:
        return True
    return any(key == pagination.whole_with for key, _ in query)


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
