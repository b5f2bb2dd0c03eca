# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""``owner``: the call goes to the pod where its resource lives."""

from dataclasses import dataclass
from typing import Any

from tricircle.gateway import merge, networks, rewrite
from tricircle.gateway.errors import BadRequest, NotFound
from tricircle.gateway.message import Answer, Lost
from tricircle.gateway.plan import forward
from tricircle.gateway.ports import Pod, Realised
from tricircle.gateway.publish import publish
from tricircle.gateway.reading import body_of, reference
from tricircle.gateway.spec import NETWORKING, Kind
from tricircle.gateway.steps import (
    Claim,
    Exchange,
    Forget,
    Release,
    Steps,
    Undo,
    find,
    prepare,
    send,
    translate,
)
from tricircle.gateway.strategies.copies import copy_all, see_all
from tricircle.gateway.strategies.locate import Located, locate


def owner(exchange: Exchange) -> Steps[Answer]:
    """Find the pod, have there what the call needs, forward it."""
    type, id = exchange.match.ids[0]
    found = yield from locate(exchange, type, id)
    if found.pod is None:
        return (yield from _not_found(exchange, found, type, id))
    if found.answer is not None and _is_show(exchange, id):
        return (yield from publish(exchange, found.pod, found.answer))
    ready = yield from _ready(exchange, found.pod)
    below = yield from _path(exchange, found.pod)
    call = forward(exchange, found.pod, document=ready.document, below=below)
    answer = yield from send(call)
    yield from _settle(exchange, found.pod, ready, id, answer)
    return (yield from publish(exchange, found.pod, merge.given(answer)))


def _is_show(exchange: Exchange, id: str) -> bool:
    request, show = exchange.request, exchange.match.resource.show
    return (
        request.method == "GET"
        and not request.query
        and (request.path == show.format(id))
    )


def _not_found(exchange: Exchange, found: Located, type: str, id: str) -> Steps[Answer]:
    """A pod's own words, if one was asked."""
    answer = found.answer
    if answer is None:
        raise NotFound(f"The {type.replace('_', ' ')} {id} could not be found.")
    pod = next(pod for pod in exchange.pods if pod.name == answer.region)
    return (yield from publish(exchange, pod, answer))


@dataclass(frozen=True, slots=True)
class _Ready:
    """The call, when all that it needs is in the pod."""

    document: Any = None
    realised: Realised | None = None


def _ready(exchange: Exchange, pod: Pod) -> Steps[_Ready]:
    action = exchange.match.action
    if not action.reads_body or exchange.request.document is None:
        return _Ready()
    document = body_of(exchange)
    yield from _together(exchange, document, pod)
    seen = yield from see_all(exchange, document)
    changed = yield from copy_all(exchange, seen, document, pod)
    if action.attaches and isinstance(document.get("interfaceAttachment"), dict):
        attachment = document["interfaceAttachment"]
        wanted = networks.interface(attachment)
        realised = yield from prepare(wanted, pod, exchange.request.request_id)
        if not realised.pod_ports:
            raise BadRequest("There is no network to attach to: make one first.")
        networks.substitute_interface(attachment, realised)
        return _Ready(document, realised)
    if action.request:
        wanted_ids = rewrite.networking_ids(document, action.request)
        ids = yield from translate(wanted_ids, pod, inward=True)
        rewrite.inward(document, action.request, ids)
        changed = changed or bool(ids)
    # What was not changed goes on byte for byte.
    return _Ready(document if changed else None)


def _together(exchange: Exchange, document: Any, pod: Pod) -> Steps[None]:
    """What the call brings together must live in one pod.

    Raises BadRequest otherwise. What no route knows is left to the pod to judge.
    """
    for field in exchange.match.action.near:
        id = reference(document, field)
        other = (yield from find(field.type, id)) if id else None
        if other is not None and other.name != pod.name:
            raise BadRequest(
                f"The {field.type} {id} is in availability zone {other.zone}, and what "
                f"it should come to is in {pod.zone}"
                + (", in another part of it" if other.zone == pod.zone else "")
                + ": make a copy of it there."
            )


def _path(exchange: Exchange, pod: Pod) -> Steps[str | None]:
    """The path with networking ids as the pod has them; None: as it is."""
    kinds = {kind.value for kind in NETWORKING}
    wanted = {(Kind(type), id) for type, id in exchange.match.ids if type in kinds}
    ids = yield from translate(wanted, pod, inward=True)
    if not ids:
        return None
    own = {id: translated for (_, id), translated in ids.items()}
    segments = exchange.request.path.split("/")
    return "/".join(own.get(segment, segment) for segment in segments)


def _settle(
    exchange: Exchange, pod: Pod, ready: _Ready, id: str, answer: Answer | Lost
) -> Steps[None]:
    """What else is true now that the pod has answered."""
    done = isinstance(answer, Answer) and answer.ok
    type = exchange.match.resource.type
    if ready.realised is not None:
        if done:
            yield Claim(ready.realised, id, pod)
        elif isinstance(answer, Answer) or not answer.in_doubt:
            yield Undo(ready.realised, pod)
    if done and _deletes(exchange):
        if exchange.match.action.attaches:
            yield Release(id, pod, dict(exchange.match.ids)["port"])
            return
        yield Forget(type, id, pod, gone=False)
        if type == "server":
            yield Release(id, pod)
    elif isinstance(answer, Answer) and answer.status == 404:
        if exchange.request.path == exchange.match.resource.show.format(id):
            yield Forget(type, id, pod, gone=True)


def _deletes(exchange: Exchange) -> bool:
    deletes, request = exchange.match.action.deletes, exchange.request
    if request.method in deletes:
        return True
    document = request.document
    return isinstance(document, dict) and not deletes.isdisjoint(document)
