# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""``owner``: the call goes to the pod where its resource lives."""

from collections.abc import Sequence
from typing import Any

import msgspec

from tricircle.gateway import merge, networks, rewrite
from tricircle.gateway.errors import BadRequest, NotFound, absent
from tricircle.gateway.message import Answer, Lost
from tricircle.gateway.places import NETWORKING, Kind
from tricircle.gateway.plan import forward, own_path
from tricircle.gateway.ports import Pod, Realised
from tricircle.gateway.publish import publish
from tricircle.gateway.reading import body_of, reference, told
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
from tricircle.gateway.strategies.copies import Seen, copy_all, see_all
from tricircle.gateway.strategies.holding import answered, held_for_one
from tricircle.gateway.strategies.locate import Located, locate
from tricircle.gateway.strategies.out_of_reach import shown_out_of_reach
from tricircle.gateway.strategies.port_actions import port_action
from tricircle.gateway.strategies.quota import raised, settled

_KINDS = {kind.value for kind in NETWORKING}


def owner(exchange: Exchange) -> Steps[Answer]:
    """Find the pod, have there what the call needs, forward it."""
    type, id = _subject(exchange)
    found = yield from locate(exchange, type, id)
    if found.pod is None:
        return (yield from _not_found(exchange, found, type, id))
    if found.answer is not None and _is_show(exchange, id):
        return (yield from publish(exchange, found.pod, found.answer))
    if exchange.match.action.about_ports:
        done = yield from port_action(exchange, id, found.pod)
        if done is not None:
            return done
    document, ready, taken = exchange.request.document, _NOTHING, None
    if document is not None:
        ready = yield from _ready(exchange, found.pod)
    below = yield from _path(exchange, found.pod)
    call = forward(exchange, found.pod, document=ready.document, below=below)
    holding = None
    if document is not None:
        taken = yield from raised(exchange, document, ready.seen, found.pod)
        holding = yield from held_for_one(exchange, document, found.pod)
    answer = yield from send(call)
    if taken is not None:
        yield from settled(taken, answer)
    if holding is not None:
        yield from answered(holding, answer)
    yield from _settle(exchange, found.pod, ready, id, answer)
    known = yield from shown_out_of_reach(exchange, found.pod, id, answer)
    if known is not None:
        return known
    return (yield from publish(exchange, found.pod, merge.given(answer)))


def _subject(exchange: Exchange) -> tuple[str, str]:
    """What the path is about; or the body, where the path names nothing.

    Raises BadRequest if that does not, either.
    """
    if exchange.match.ids:
        return exchange.match.ids[0]
    document = body_of(exchange)
    for field in exchange.match.action.near:
        id = reference(document, field)
        if id is not None:
            return field.type, id
    missing = ".".join(exchange.match.action.near[0].at)
    raise BadRequest(f"Invalid input for field/attribute {missing}. It is required.")


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
        raise NotFound(absent(type, id))
    pod = next(pod for pod in exchange.pods if pod.name == answer.region)
    return (yield from publish(exchange, pod, answer))


class _Ready(msgspec.Struct, frozen=True):
    """The call, when all that it needs is in the pod."""

    document: Any = None
    realised: Realised | None = None
    seen: Sequence[Seen] = ()


_NOTHING = _Ready()
"""A call without a document needs nothing."""


def _ready(exchange: Exchange, pod: Pod) -> Steps[_Ready]:
    action, document = exchange.match.action, body_of(exchange)
    _check_names(exchange, pod)
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
        return _Ready(document, realised, seen)
    if action.request:
        ids = yield from translate(
            rewrite.ids_of(document, action.request), pod, inward=True
        )
        changed = rewrite.inward(document, action.request, pod, ids) or changed
    # What was not changed goes on byte for byte.
    return _Ready(document if changed else None, seen=seen)


def _check_names(exchange: Exchange, pod: Pod) -> None:
    """Hosts and zones that the call names must be the pod's.

    Raises BadRequest otherwise.
    """
    type, _ = _subject(exchange)
    here = f"the {type.replace('_', ' ')} is in {pod.zone}, and stays in {pod.name}"
    other = told(exchange)
    if other is not None and other.name != pod.name:
        raise BadRequest(f"That host is in {other.name}; {here}.")
    for field in exchange.match.action.request:
        if field.kind is Kind.ZONE:
            for zone in rewrite.values(exchange.request.document, field.at):
                if zone.partition(":")[0] != pod.zone:
                    raise BadRequest(f"{zone} cannot be its availability zone: {here}.")


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


def _path(exchange: Exchange, pod: Pod) -> Steps[str]:
    """The path with ids and numbers as the pod has them."""
    path = own_path(exchange, pod, exchange.request.path)
    wanted = {(Kind(type), id) for type, id in exchange.match.ids if type in _KINDS}
    if wanted:
        ids = yield from translate(wanted, pod, inward=True)
        own = {id: translated for (_, id), translated in ids.items()}
        path = "/".join(own.get(segment, segment) for segment in path.split("/"))
    return path


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
    elif isinstance(answer, Answer) and answer.status == 404:
        if exchange.request.path == exchange.match.resource.show.format(id):
            if type == "server":
                # Before its user hears that it is gone: its network may be next.
                yield Release(id, pod)
            yield Forget(type, id, pod, gone=True)


def _deletes(exchange: Exchange) -> bool:
    deletes, request = exchange.match.action.deletes, exchange.request
    if request.method in deletes:
        return True
    document = request.document
    return isinstance(document, dict) and not deletes.isdisjoint(document)
