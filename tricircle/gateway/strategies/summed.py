# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""``summed``: limits and usage, which the user has once and the pods have in parts."""

from collections.abc import Callable
from typing import Any

from tricircle.gateway import merge
from tricircle.gateway.message import Answer
from tricircle.gateway.plan import read
from tricircle.gateway.publish import make_public, publish
from tricircle.gateway.reading import told
from tricircle.gateway.steps import Exchange, Steps, gather
from tricircle.gateway.strategies.sought import call_to


def summed(exchange: Exchange) -> Steps[Answer]:
    """The central region's answer, with the pods' numbers in the sum's places.

    Without the central region there are no limits, so there is no answer; a missing
    pod's numbers are left out, and the header says so.
    """
    request, sum = exchange.request, exchange.match.action.sum
    if exchange.match.action.combine is not None:
        return (yield from _combined(exchange, exchange.match.action.combine))
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


def _combined(exchange: Exchange, combine: Callable[[list[Any]], Any]) -> Steps[Answer]:
    """The pods' own, as one; or the one that a host's name tells."""
    pod = told(exchange)
    pods = [pod] if pod is not None else [*exchange.pods]
    answers = yield from gather([call_to(exchange, pod) for pod in pods])
    sorted = merge.sort(answers)
    regions = {pod.name: pod for pod in pods}
    if sorted.refusal is not None:
        refused = sorted.refusal
        return (yield from publish(exchange, regions[refused.region], refused))
    if not sorted.good:
        raise merge.none_left(sorted.missing)
    if not any(answer.body for answer in sorted.good):
        return merge.bare(sorted.good[0], sorted.missing)
    parts = [(regions[answer.region], merge.load(answer)) for answer in sorted.good]
    for region, document in parts:
        yield from make_public(exchange, region, document)
    return merge.composed(sorted.good[0], combine(parts), sorted.missing)
