# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""What a call takes of its project's quota, before the pod hears of it."""

from collections.abc import Sequence
from typing import Any

from tricircle.gateway.message import Answer, Lost
from tricircle.gateway.ports import Counts, Pod
from tricircle.gateway.reading import reference
from tricircle.gateway.spec import Quota
from tricircle.gateway.steps import Exchange, Shrink, Steps, afford, grow
from tricircle.gateway.strategies.copies import Seen
from tricircle.gateway.strategies.reading import shown
from tricircle.quotas.demand import Demand
from tricircle.quotas.ledger import Raised
from tricircle.quotas.taking import Takes


def demanded(
    exchange: Exchange, document: Any, seen: Sequence[Seen], pod: Pod, counts: Counts
) -> Steps[tuple[Demand | None, Counts]]:
    """What a create wants of the quota, and how many of it may be made.

    Raises OverLimit if fewer may than have to.
    """
    quota = exchange.match.action.quota
    if quota is None:
        return None, counts
    takes = yield from _takes(exchange, quota, document, seen, pod)
    if not takes:
        return None, counts
    demand, most = yield from afford(takes, quota.service, pod, counts)
    return demand, Counts(counts.least, most)


def raised(
    exchange: Exchange, document: Any, seen: Sequence[Seen], pod: Pod
) -> Steps[Raised | None]:
    """What a change of a resource takes more, written down; raises OverLimit."""
    quota = exchange.match.action.quota
    if quota is None or not isinstance(document, dict):
        return None
    if quota.when and not any(key in document for key in quota.when):
        return None
    takes = yield from _takes(exchange, quota, document, seen, pod)
    if not takes:
        return None
    type, id = exchange.match.ids[0]
    return (yield from grow(type, id, pod, takes, quota.service))


def settled(taken: Raised, answer: Answer | Lost) -> Steps[None]:
    """Take it back if the pod did not do it; in doubt a recount finds out."""
    if isinstance(answer, Lost):
        refused = not answer.in_doubt
    else:
        refused = 400 <= answer.status < 500
    if refused:
        yield Shrink(taken)


def _takes(
    exchange: Exchange, quota: Quota, document: Any, seen: Sequence[Seen], pod: Pod
) -> Steps[Takes]:
    sources = {one.mirror.type: one.original for one in seen}
    named = []
    if quota.subject:
        named.append((quota.subject, exchange.match.ids[0][1]))
    elif not _says_all(quota, document):
        wanted = [(field.type, reference(document, field)) for field in quota.reads]
        named = [(type, id) for type, id in wanted if id]
    found = yield from shown(exchange, pod, named)
    sources |= {type: item for (type, _), item in found.items()}
    return quota.takes(document, sources)


def _says_all(quota: Quota, document: Any) -> bool:
    """Whether the body has what would else be read of what it names."""
    if not quota.unless:
        return False
    for text in quota.unless:
        value = document
        for key in text.split("."):
            value = value.get(key) if isinstance(value, dict) else None
        if value is None:
            return False
    return True
