# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""``sought``: no route leads there, for it is a pod's own, and an operator's to use.

The name of a host, or a number, tells its pod (``naming``); a host's bare name, the pod
whose services have it. What has a UUID is asked of every pod, whatever is to become of
it: only one knows the id, and all others say 404. So is what outlives its resource,
once no route leads there any more.
"""

from copy import deepcopy
from typing import Any
from urllib.parse import unquote, urlencode

from msgspec.structs import replace

from tricircle.gateway import merge, naming, rewrite
from tricircle.gateway.errors import (
    BadRequest,
    Conflict,
    NotFound,
    PodUnavailable,
    absent,
)
from tricircle.gateway.message import Answer, Call, Lost, Patience
from tricircle.gateway.places import Kind
from tricircle.gateway.plan import forward, own_path, read
from tricircle.gateway.ports import Pod
from tricircle.gateway.publish import publish
from tricircle.gateway.reading import own_query, told
from tricircle.gateway.steps import Exchange, Steps, find, gather, send
from tricircle.gateway.strategies.holding import met

_HOST = "host"


def sought(exchange: Exchange) -> Steps[Answer]:
    """Forward the call to the pod that is told; else to all, and take the one answer.

    Raises Conflict if several have what a name says, PodUnavailable if nobody has it,
    but not everybody could be asked.
    """
    pod = told(exchange) or _only(exchange)
    if pod is None and exchange.match.action.outlives:
        pod = yield from _home(exchange)
    pod = pod or (yield from _where_changed(exchange))
    if pod is not None:
        answer = merge.given((yield from send(call_to(exchange, pod))))
        yield from met(exchange, pod, answer)
        return (yield from publish(exchange, pod, answer))
    calls = [call_to(exchange, pod) for pod in exchange.pods]
    if exchange.request.method == "GET":
        calls = [replace(call, patience=Patience.FANOUT) for call in calls]
    answers = yield from gather(calls)
    return (yield from _chosen(exchange, answers))


def call_to(exchange: Exchange, pod: Pod) -> Call:
    """The user's call, with hosts and numbers as the pod has them."""
    request, action = exchange.request, exchange.match.action
    document: Any = None
    if action.request and isinstance(request.document, dict):
        document = deepcopy(request.document)
        if not rewrite.inward(document, action.request, pod, {}):
            document = None  # what was not changed goes on byte for byte
    query = urlencode(own_query(exchange, pod)) if action.query else None
    below = own_path(exchange, pod, request.path)
    return forward(exchange, pod, document=document, below=below, query=query)


def _only(exchange: Exchange) -> Pod | None:
    """The only pod that can be meant, if there is but one."""
    return exchange.pods[0] if len(exchange.pods) == 1 else None


def _home(exchange: Exchange) -> Steps[Pod | None]:
    """Where the resource lives, as long as it does."""
    type, id = exchange.match.ids[0]
    try:
        return (yield from find(type, id))
    except NotFound:  # as was known a moment ago
        return None


def _where_changed(exchange: Exchange) -> Steps[Pod | None]:
    """The pod that has the host, where the call changes something by a bare name."""
    reads = exchange.request.method in {"GET", "HEAD"}
    if not exchange.pods or (reads and not exchange.match.action.exact):
        return None
    names = _hosts(exchange)
    if not names:
        return None
    found = yield from having(exchange, names[0])
    # What nobody has, or may see, any pod refuses in the right words.
    return found or exchange.pods[0]


def having(exchange: Exchange, name: str) -> Steps[Pod | None]:
    """The pod whose services have a host; None if no pod's do.

    Raises BadRequest if several have one of that name, PodUnavailable if nobody has it,
    but not everybody could be asked.
    """
    host = name.partition("#")[0]  # a pool's services are its back end's
    answers = yield from gather(
        [read(exchange, pod, "/os-services", [("host", host)]) for pod in exchange.pods]
    )
    found = [
        pod
        for pod, answer in zip(exchange.pods, answers, strict=True)
        if isinstance(answer, Answer) and answer.ok and merge.load(answer)["services"]
    ]
    if len(found) > 1:
        like = naming.public_host(name, found[0])
        raise BadRequest(
            f"{name} is in {' and '.join(pod.name for pod in found)}: name it with its "
            f"pod, such as {like}."
        )
    missing = merge.sort(answers).missing
    if not found and missing:
        raise PodUnavailable(
            f"{name} is in no pod that answers, but {', '.join(missing)} did not. Try "
            "again later."
        )
    return found[0] if found else None


def _hosts(exchange: Exchange) -> list[str]:
    """The bare hosts in the path and the body.

    Raises NotFound for a bare number, which no list ever showed.
    """
    names = []
    for type, id in exchange.match.ids:
        if type == _HOST:
            names.append(unquote(id))
        elif id.isdecimal():
            raise NotFound(absent(type, id))
    for field in exchange.match.action.request:
        if field.kind is Kind.HOST:
            names += rewrite.values(exchange.request.document, field.at)
    return names


def _chosen(exchange: Exchange, answers: list[Answer | Lost]) -> Steps[Answer]:
    sorted = merge.sort(answers)
    if len(sorted.good) > 1:
        where = " and ".join(answer.region for answer in sorted.good)
        raise Conflict(f"That is in {where}: say which, as in Pod1~NAME.")
    refusals = [
        answer
        for answer in answers
        if isinstance(answer, Answer) and 400 <= answer.status < 500
    ]
    told = [answer for answer in refusals if answer.status != 404]
    if not sorted.good and not told and sorted.missing:
        raise PodUnavailable(
            f"It is in no pod that answers, but {', '.join(sorted.missing)} did not. "
            "Try again later."
        )
    for answer in [*sorted.good, *told, *refusals]:
        pod = next(pod for pod in exchange.pods if pod.name == answer.region)
        yield from met(exchange, pod, answer)
        return (yield from publish(exchange, pod, answer))
    raise NotFound("There are no pods that could have it.")
