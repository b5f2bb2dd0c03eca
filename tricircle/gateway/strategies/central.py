# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""``central``: it concerns the central region alone."""

from tricircle.gateway.merge import given
from tricircle.gateway.message import Answer
from tricircle.gateway.plan import forward
from tricircle.gateway.publish import publish
from tricircle.gateway.steps import Exchange, Steps, send


def central(exchange: Exchange) -> Steps[Answer]:
    """Forward the call to the central region."""
    region = exchange.central
    answer = yield from send(forward(exchange, region))
    return (yield from publish(exchange, region, given(answer)))
