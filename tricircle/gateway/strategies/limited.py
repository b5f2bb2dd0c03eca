# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""``limited``: a limit of the central region's, not below what pods say is used."""

from collections.abc import Mapping, Sequence
from typing import Any

from tricircle.gateway import merge
from tricircle.gateway.errors import BadRequest
from tricircle.gateway.message import Answer
from tricircle.gateway.plan import forward, read
from tricircle.gateway.publish import publish
from tricircle.gateway.reading import body_of, number
from tricircle.gateway.spec import Floor
from tricircle.gateway.steps import Exchange, Steps, gather, send

_TRUE = {"true", "1", "yes", "on", "t", "y"}


def limited(exchange: Exchange) -> Steps[Answer]:
    """Have the central region set it.

    Raises BadRequest in the service's words if more is in use, unless that is forced. A
    pod that does not answer, or does not let the user see it, does not count.
    """
    floor, region = exchange.match.action.floor, exchange.central
    wanted = body_of(exchange).get("quota_set")
    if floor is not None and isinstance(wanted, dict):
        if not (_is_forced(floor, wanted) or exchange.request.query):
            yield from _check(exchange, floor, wanted)
    answer = merge.given((yield from send(forward(exchange, region))))
    return (yield from publish(exchange, region, answer))


def _is_forced(floor: Floor, wanted: Mapping[str, Any]) -> bool:
    return floor.forced and str(wanted.get("force")).strip().lower() in _TRUE


def _check(exchange: Exchange, floor: Floor, wanted: Mapping[str, Any]) -> Steps[None]:
    below = exchange.request.path + floor.below
    answers = yield from gather(
        [read(exchange, pod, below, [*floor.query]) for pod in exchange.pods]
    )
    good = merge.sort(answers).good
    usages = [merge.load(answer)["quota_set"] for answer in good]
    for kind, value in wanted.items():
        limit, used = number(value), _used(usages, kind)
        if limit is not None and 0 <= limit < used:
            raise BadRequest(floor.words.format(kind=kind, limit=limit, used=used))


def _used(usages: Sequence[Mapping[str, Any]], kind: str) -> int:
    parts = [usage.get(kind) for usage in usages]
    return sum(
        part["in_use"] + part["reserved"] for part in parts if isinstance(part, dict)
    )
