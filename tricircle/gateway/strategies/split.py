# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""``split``: one call about things in many pods, of which each gets its own part."""

from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import orjson

from tricircle.gateway import merge, rewrite
from tricircle.gateway.errors import BadRequest, NotFound, PodUnavailable
from tricircle.gateway.message import JSON, Answer
from tricircle.gateway.plan import forward
from tricircle.gateway.ports import Pod
from tricircle.gateway.publish import make_public, publish
from tricircle.gateway.reading import body_of
from tricircle.gateway.steps import Exchange, Steps, gather, translate
from tricircle.gateway.strategies.locate import locate

Item = dict[str, Any]

_MULTI_STATUS = 207


def split(exchange: Exchange) -> Steps[Answer]:
    """Send each pod the items that are about its own; put the answers together.

    What nobody has, and what a pod that is down has, fails on its own, as it does in
    Nova; the call fails as a whole if a pod refuses it.
    """
    key, owner = exchange.match.action.splits
    document = body_of(exchange)
    items = document.get(key)
    if not isinstance(items, list) or not all(isinstance(i, dict) for i in items):
        raise BadRequest(f"Invalid input for field/attribute {key}. It is a list.")
    parts = yield from _parts(exchange, items, owner)
    fields = exchange.match.action.request
    calls = []
    for part in parts:
        own = deepcopy({**document, key: [items[index] for index in part.indices]})
        ids = yield from translate(rewrite.ids_of(own, fields), part.pod, inward=True)
        rewrite.inward(own, fields, part.pod, ids)
        calls.append(forward(exchange, part.pod, document=own))
    answers = yield from gather(calls)
    # Nobody has it, until a pod says otherwise.
    done = [{**item, "status": "failed", "code": 404} for item in items]
    for part, answer in zip(parts, answers, strict=True):
        if isinstance(answer, Answer) and 400 <= answer.status < 500:
            if answer.status != 404:
                return (yield from publish(exchange, part.pod, answer))
        elif isinstance(answer, Answer) and answer.ok:
            told = merge.load(answer)
            yield from make_public(exchange, part.pod, told)
            for index, item in zip(part.indices, told[key], strict=True):
                done[index] = item
        else:
            for index in part.indices:
                done[index]["code"] = 503
    whole = all(item.get("status") != "failed" for item in done)
    return Answer(200 if whole else _MULTI_STATUS, [JSON], orjson.dumps({key: done}))


@dataclass(frozen=True, slots=True)
class _Part:
    """What one pod has of the items, by their places in the list."""

    pod: Pod
    indices: list[int]


def _parts(exchange: Exchange, items: list[Item], owner: str) -> Steps[list[_Part]]:
    """The pods' parts; what no pod has is in none."""
    parts: dict[str, _Part] = {}
    type = exchange.match.resource.type
    for index, item in enumerate(items):
        try:
            found = yield from locate(exchange, type, str(item.get(owner)))
        except (NotFound, PodUnavailable):
            continue
        if found.pod is not None:
            part = parts.setdefault(found.pod.name, _Part(found.pod, []))
            part.indices.append(index)
    return list(parts.values())
