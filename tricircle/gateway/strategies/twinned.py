# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""``twinned``: the central region has it, and its parts are with its twins in pods."""

from typing import Any

from tricircle.gateway import merge
from tricircle.gateway.message import Answer
from tricircle.gateway.plan import forward, write
from tricircle.gateway.publish import publish
from tricircle.gateway.steps import Exchange, Steps, gather, send
from tricircle.gateway.twins import members

_MEMBERS = "members"


def twinned(exchange: Exchange) -> Steps[Answer]:
    """Forward to the central region, and see to the twins.

    A twin that stays where its original was deleted is in nobody's way: nobody can
    name it any more.
    """
    region = exchange.central
    answer = merge.given((yield from send(forward(exchange, region))))
    if not answer.ok:
        return (yield from publish(exchange, region, answer))
    twins, missing = yield from members(exchange)
    if exchange.request.method == "DELETE":
        ((_, id),) = exchange.match.ids
        pods = {pod.name: pod for pod in exchange.pods}
        below = exchange.request.path.removesuffix(id)
        yield from gather(
            [
                write(exchange, pods[name], "DELETE", below + twin["id"])
                for name, twin in twins.get(id, {}).items()
            ]
        )
        return (yield from publish(exchange, region, answer))
    document = merge.load(answer)
    for value in document.values():
        for group in value if isinstance(value, list) else [value]:
            group[_MEMBERS] = _members(twins.get(group["id"], {}))
    return merge.composed(answer, document, missing)


def _members(twins: dict[str, Any]) -> list[str]:
    return [member for twin in twins.values() for member in twin[_MEMBERS]]
