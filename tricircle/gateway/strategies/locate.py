# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Find the pod where a resource lives: by its route, else by asking every pod."""

import msgspec

from tricircle.gateway import merge
from tricircle.gateway.errors import BadRequest, NotFound, PodUnavailable, absent
from tricircle.gateway.message import Answer, Lost
from tricircle.gateway.plan import read, shown_at
from tricircle.gateway.ports import Pod
from tricircle.gateway.rewrite import values
from tricircle.gateway.steps import Exchange, Learn, Miss, Steps, find, gather


class Located(msgspec.Struct, frozen=True):
    """What was found."""

    pod: Pod | None
    answer: Answer | None = None
    """What the pod shows of it, if it had to be asked; or how a pod says that it does
    not exist."""


def locate(exchange: Exchange, type: str, id: str) -> Steps[Located]:
    """Where it lives; no pod, if all pods said that they do not have it.

    Raises PodUnavailable if nobody has it, but not everybody could be asked: to call
    it not found would make clients forget what exists.
    """
    service, resource = exchange.nouns[type]
    if resource.routed:
        pod = yield from find(type, id)
        if pod is not None:
            return Located(pod)
    if id in {".", ".."}:
        raise NotFound(absent(type, id))  # these are no segments of a path
    below = shown_at(resource, id)
    answers = yield from gather(
        [read(exchange, pod, below, service=service) for pod in exchange.pods]
    )
    for pod, answer in zip(exchange.pods, answers, strict=True):
        if isinstance(answer, Answer) and _is_there(answer):
            if answer.ok and resource.routed:
                # An administrator may look at what is another project's.
                owners = values(merge.load(answer), resource.project)
                yield Learn(type, (id,), pod, owners[0] if owners else "")
            return Located(pod, answer)
    missing = merge.sort(answers).missing
    if missing:
        raise PodUnavailable(
            f"The {type.replace('_', ' ')} {id} is in no pod that answers, but "
            f"{', '.join(missing)} did not. Try again later."
        )
    if resource.routed:
        yield Miss(type, id)
    refusals = [answer for answer in answers if not isinstance(answer, Lost)]
    return Located(None, refusals[0] if refusals else None)


def _is_there(answer: Answer) -> bool:
    """403: it is, but the user may not see it; who owns it says so better than we."""
    return answer.ok or answer.status in {401, 403}


def must_locate(exchange: Exchange, type: str, id: str) -> Steps[Pod]:
    """The pod where something that a body names lives.

    Raises NotFound, or BadRequest where the service says that.
    """
    try:
        found = yield from locate(exchange, type, id)
    except NotFound:  # as was known a moment ago
        found = Located(None)
    if found.pod is None:
        error = BadRequest if exchange.service.absent == 400 else NotFound
        raise error(absent(type, id))
    return found.pod
