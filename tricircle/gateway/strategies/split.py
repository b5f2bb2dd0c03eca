# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""``split``: one call about things in many pods, of which each gets its own part."""

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
    parts, lost = yield from _parts(exchange, items, owner)
    calls = []
    for pod, own in parts:
        body = {**document, key: own}
        fields = exchange.match.action.request
        ids = yield from translate(rewrite.ids_of(body, fields), pod, inward=True)
        rewrite.inward(body, fields, pod, ids)
        calls.append(forward(exchange, pod, document=body))
    answers = yield from gather(calls)
    done: list[Item] = [{**item, "status": "failed", "code": 404} for item in lost]
    whole = not done
    for (pod, own), answer in zip(parts, answers, strict=True):
        if isinstance(answer, Answer) and 400 <= answer.status < 500:
            if answer.status != 404:
                return (yield from publish(exchange, pod, answer))
            done += [{**item, "status": "failed", "code": 404} for item in own]
            whole = False
        elif isinstance(answer, Answer) and answer.ok:
            told = merge.load(answer)
            yield from make_public(exchange, pod, told)
            done += told[key]
            whole = whole and answer.status != _MULTI_STATUS
        else:
            done += [{**item, "status": "failed", "code": 503} for item in own]
            whole = False
    return Answer(200 if whole else _MULTI_STATUS, [JSON], orjson.dumps({key: done}))


def _parts(
    exchange: Exchange, items: list[Item], owner: str
) -> Steps[tuple[list[tuple[Pod, list[Item]]], list[Item]]]:
    """The items by their pods, and those that no pod has."""
    pods: dict[str, Pod] = {}
    own: dict[str, list[Item]] = {}
    lost: list[Item] = []
    for item in items:
        try:
            found = yield from locate(
                exchange, exchange.match.resource.type, str(item.get(owner))
            )
        except (NotFound, PodUnavailable):
            lost.append(item)
            continue
        if found.pod is None:
            lost.append(item)
        else:
            pods[found.pod.name] = found.pod
            own.setdefault(found.pod.name, []).append(item)
    return [(pods[name], part) for name, part in own.items()], lost
