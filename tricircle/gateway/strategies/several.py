# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Several servers in one call: as many creates, for each needs ports of its own."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

from tricircle.gateway.errors import BadRequest, GatewayError
from tricircle.gateway.message import Answer
from tricircle.gateway.ports import Counts
from tricircle.gateway.steps import Exchange, Steps

Create = Callable[[Exchange, Any], Steps[Answer]]

_COUNTS = ("min_count", "max_count")


def counts(exchange: Exchange, document: Any) -> Counts:
    """Read them, as Nova does: numbers may be texts; one names the other.

    Raises BadRequest.
    """
    at = exchange.match.action.networks
    if at is None or not exchange.match.action.multiple:
        return Counts()
    server = document.get(at[0])
    if not isinstance(server, dict):
        return Counts()
    least = _number(server, "min_count", 1)
    most = _number(server, "max_count", least)
    if least > most:
        raise BadRequest("min_count must be <= max_count")
    return Counts(least, most)


def _number(server: dict[str, Any], name: str, default: int) -> int:
    value = server.get(name, default)
    try:
        number = int(value)
    except (TypeError, ValueError):
        number = 0
    if number < 1 or isinstance(value, bool | float):
        raise BadRequest(
            f"Invalid input for field/attribute {name}. Value: {value}. It is a number "
            "of 1 or more."
        )
    return number


def several(
    exchange: Exchange, document: Any, counts: Counts, create: Create
) -> Steps[list[Answer]]:
    """Create one after the other, and give the answers.

    When one fails, those that were made stay if there are enough of them. Otherwise
    the failure is the only answer; the ones made so far stay listed, like servers that
    Nova could not schedule.
    """
    at = exchange.match.action.networks
    key, made = at[0] if at else "", list[Answer]()
    for number in range(1, counts.most + 1):
        one = deepcopy(document)
        for name in _COUNTS:
            one[key].pop(name, None)
        one[key]["name"] = f"{document[key].get('name', '')}-{number}"
        try:
            answer = yield from create(exchange, one)
        except GatewayError:
            if number > counts.least:
                return made
            raise
        if not answer.ok:
            return made if number > counts.least else [answer]
        made.append(answer)
    return made
