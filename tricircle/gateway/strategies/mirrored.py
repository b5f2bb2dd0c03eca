# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""``mirrored``: canonical in the central region; pods only ever have copies."""

from tricircle.gateway import merge
from tricircle.gateway.message import Answer
from tricircle.gateway.plan import forward, write
from tricircle.gateway.publish import publish
from tricircle.gateway.steps import Exchange, Steps, gather, send


def mirrored(exchange: Exchange) -> Steps[Answer]:
    """Do it in the central region.

    A copy is made, and brought up to date, when a call needs it. When the original is
    deleted the copies go too, as far as pods answer: one that stays is in nobody's
    way, for users see the central region's, and a new original of the same name is
    compared with it.
    """
    region = exchange.central
    answer = merge.given((yield from send(forward(exchange, region))))
    if answer.ok and exchange.request.method == "DELETE":
        yield from _delete_copies(exchange)
    return (yield from publish(exchange, region, answer))


def _delete_copies(exchange: Exchange) -> Steps[None]:
    type = exchange.match.action.mirror
    for mirror in exchange.service.mirrors:
        # Pods give their own ids to what is mirrored by name, so that only the next
        # comparison can find those copies.
        if mirror.type == type and not mirror.twin:
            yield from gather(
                [
                    write(
                        exchange,
                        pod,
                        "DELETE",
                        exchange.request.path,
                        version=mirror.version,
                        as_admin=mirror.as_admin,
                    )
                    for pod in exchange.pods
                ]
            )
