# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Read in a pod what a call is about, as its user."""

from collections.abc import Collection
from typing import Any

from tricircle.gateway import merge
from tricircle.gateway.message import Call, Patience
from tricircle.gateway.plan import read, shown_at
from tricircle.gateway.ports import Pod
from tricircle.gateway.steps import Exchange, Steps, gather

Named = tuple[str, str]
"""A type and an id."""
Item = dict[str, Any]

NO_SEGMENTS = frozenset({".", ".."})
"""Of a path: nothing has such an id."""
_PAGE = 1000
_GROUPS = "3.14"
"""The first microversion that tells of volumes and snapshots which group is theirs."""


def told(call: Call) -> Steps[dict[str, Any] | None]:
    """The document that a call gives; None if it is refused."""
    (answer,) = yield from gather([call])
    given = merge.given(answer)
    document: dict[str, Any] | None = merge.load(given) if given.ok else None
    return document


def shown(
    exchange: Exchange, pod: Pod, named: Collection[Named]
) -> Steps[dict[Named, Item]]:
    """What the pod shows of these; what it refuses is left out."""
    named = [(type, id) for type, id in named if id not in NO_SEGMENTS]
    calls = []
    for type, id in named:
        service, resource = exchange.nouns[type]
        own = None if service is exchange.service else service
        below = shown_at(resource, id)
        calls.append(read(exchange, pod, below, patience=Patience.READ, service=own))
    answers = yield from gather(calls)
    found: dict[Named, Item] = {}
    for key, answer in zip(named, answers, strict=True):
        given = merge.given(answer)
        if given.ok:
            (found[key],) = merge.load(given).values()
    return found


def show(
    exchange: Exchange, pod: Pod, type: str, id: str, *, version: str, as_admin: bool
) -> Steps[Item | None]:
    """The same of one, in a microversion, perhaps as the operator."""
    _, resource = exchange.nouns[type]
    call = read(
        exchange,
        pod,
        shown_at(resource, id),
        version=version,
        patience=Patience.READ,
        as_admin=as_admin,
    )
    document = yield from told(call)
    if document is None:
        return None
    (item,) = document.values()
    found: Item = item
    return found


def all_of(
    exchange: Exchange,
    pod: Pod,
    below: str,
    key: str,
    query: Collection[tuple[str, str]] = (),
) -> Steps[list[Item]]:
    """All pages of a list; what the pod refuses is empty."""
    items: list[Item] = []
    after: list[tuple[str, str]] = []
    while True:
        pages = [*query, ("limit", str(_PAGE)), *after]
        call = read(
            exchange,
            pod,
            below,
            pages,
            version=_GROUPS,
            patience=Patience.READ,
        )
        part: list[Item] = ((yield from told(call)) or {}).get(key, [])
        items += part
        if len(part) < _PAGE:
            return items
        after = [("marker", part[-1]["id"])]
