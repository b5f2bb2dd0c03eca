# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""The reservation of servers that were made in one call, for those who ask for it.

The pod sees as many calls as there are servers, and gives each a reservation of its
own. All of them together are one text, ``r-abc|r-def``, of which a list makes several
questions again. Only operators are shown reservations, so they ask.
"""

from typing import Any

import orjson

from tricircle.gateway import merge, rewrite
from tricircle.gateway.errors import PodUnavailable
from tricircle.gateway.message import Answer, Patience
from tricircle.gateway.paginate import MANY
from tricircle.gateway.plan import read
from tricircle.gateway.ports import Pod
from tricircle.gateway.steps import Exchange, Steps, gather

_ASKED = "return_reservation_id"
_SHOWN = "OS-EXT-SRV-ATTR:reservation_id"
_VERSION = "2.3"  # the first that shows it
_TRUE = {"true", "1", "yes", "on", "t", "y"}


def asks_for_reservation(exchange: Exchange, document: Any) -> bool:
    """Whether the reservation is wanted for an answer; what says so is taken away."""
    at = exchange.match.action.networks
    server = document.get(at[0]) if at else None
    if not isinstance(server, dict) or not exchange.match.action.multiple:
        return False
    return str(server.pop(_ASKED, False)).strip().lower() in _TRUE


def reservation(exchange: Exchange, pod: Pod, made: list[Answer]) -> Steps[Answer]:
    """The answer with the reservation of the servers in these answers.

    Raises PodUnavailable if the pod does not tell; the servers are there by then.
    """
    resource = exchange.match.resource
    ids = [
        id
        for answer in made
        for id in rewrite.values(merge.load(answer), resource.created)
    ]
    answers = yield from gather(
        [
            read(
                exchange,
                pod,
                f"/servers/{id}",
                version=_VERSION,
                patience=Patience.READ,
                as_admin=True,
            )
            for id in ids
        ]
    )
    found = [
        merge.load(answer)["server"][_SHOWN]
        for answer in answers
        if isinstance(answer, Answer) and answer.ok
    ]
    if len(found) < len(ids):
        raise PodUnavailable(
            f"The servers {', '.join(ids)} are being made, but {pod.name} does not "
            "tell their reservation."
        )
    kept = [pair for pair in made[0].headers if pair[0] != b"location"]
    body = orjson.dumps({"reservation_id": MANY.join(dict.fromkeys(found))})
    return Answer(made[0].status, kept, body, pod.name)
