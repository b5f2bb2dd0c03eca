# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""What a create gets that names no type: the central region's default, not a pod's."""

from typing import Any

from tricircle.gateway import merge
from tricircle.gateway.message import Answer, Patience
from tricircle.gateway.plan import read
from tricircle.gateway.steps import Exchange, Steps, gather


def put_default(exchange: Exchange, document: dict[str, Any]) -> Steps[None]:
    """Name the project's default in the document, if it has one of its own.

    One that every region has from the start is every region's default, too. Where the
    central region does not tell, the pod's default serves.
    """
    default = exchange.match.action.default
    if default is None:
        return
    outer, key = default.at
    body = document.get(outer)
    if not isinstance(body, dict) or body.get(key):
        return
    if any(body.get(other) for other in default.unless):
        return
    call = read(exchange, exchange.central, default.path, patience=Patience.READ)
    (answer,) = yield from gather([call])
    if isinstance(answer, Answer) and answer.ok:
        (shown,) = merge.load(answer).values()
        if shown["name"] != default.everywhere:
            body[key] = shown["name"]
