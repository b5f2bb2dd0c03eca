# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""``summed``: limits and usage, which the user has once and the pods have in parts."""

from tricircle.gateway import merge
from tricircle.gateway.message import Answer
from tricircle.gateway.plan import read
from tricircle.gateway.publish import publish
from tricircle.gateway.steps import Exchange, Steps, gather


def summed(exchange: Exchange) -> Steps[Answer]:
    """The central region's answer, with the pods' numbers in the sum's places.

    Without the central region there are no limits, so there is no answer; a missing
    pod's numbers are left out, and the header says so.
    """
    request, sum = exchange.request, exchange.match.action.sum
    if sum is None:
        raise ValueError(f"{exchange.match.action.path} does not say what is summed")
    query = request.parameters()
    regions = [exchange.central, *exchange.pods]
    answers = yield from gather(
        [read(exchange, region, request.path, query) for region in regions]
    )
    base = merge.given(answers[0])
    if not base.ok:
        return (yield from publish(exchange, exchange.central, base))
    sorted = merge.sort(answers[1:])
    if sorted.refusal is not None:
        refused = sorted.refusal
        pod = next(pod for pod in exchange.pods if pod.name == refused.region)
        return (yield from publish(exchange, pod, refused))
    document = merge.add_up(
        merge.load(base), [merge.load(answer) for answer in sorted.good], sum
    )
    return merge.composed(base, document, sorted.missing)
