# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""``refused``: OpenStack has it, one cloud of many pods does not, or not yet."""

from tricircle.gateway.errors import NotOffered
from tricircle.gateway.message import Answer
from tricircle.gateway.steps import Exchange, Steps


def refused(exchange: Exchange) -> Steps[Answer]:
    """Say why; raises NotOffered."""
    yield from ()  # a strategy is a generator; this one takes no steps
    raise NotOffered(exchange.match.action.refusal)
