# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""``scheduled``: a create, for which a pod is chosen.

The order matters. What the user names is read first, so that a mistake leaves nothing
behind. Then comes the pod; then the limits, and copies, which hurt nobody if the create
fails. The intent, by which it counts towards the limits, is written before the ports
are made and before the pod hears of the create, so that a crash at any moment leaves a
pending route, which a job resolves: nothing is ever sent twice, and nothing is left
that nobody knows of.
"""

from dataclasses import dataclass
from typing import Any

from msgspec.structs import replace

from tricircle.gateway import merge, networks, rewrite
from tricircle.gateway.errors import BadRequest, GatewayError
from tricircle.gateway.message import Answer, Call, Lost
from tricircle.gateway.plan import forward
from tricircle.gateway.ports import Attachment, Intent, Pod, Realised, Wishes
from tricircle.gateway.publish import publish
from tricircle.gateway.reading import body_of
from tricircle.gateway.steps import (
    Abandon,
    Claim,
    Complete,
    Exchange,
    Steps,
    Undo,
    begin,
    bind,
    prepare,
    send,
)
from tricircle.gateway.strategies.copies import Seen, copy_all, see_all
from tricircle.gateway.strategies.defaults import put_default
from tricircle.gateway.strategies.holding import held, hold, let_go
from tricircle.gateway.strategies.neighbours import Neighbour, neighbours
from tricircle.gateway.strategies.quota import demanded
from tricircle.gateway.strategies.reservation import (
    asks_for_reservation,
    reservation,
)
from tricircle.gateway.strategies.several import counts, several
from tricircle.quotas.demand import Demand


def scheduled(exchange: Exchange) -> Steps[Answer]:
    """Choose the pod, have there what is needed, create."""
    document = body_of(exchange)
    count = counts(exchange, document)
    attachment = _attachment(exchange, document, count.most)
    zone = _zone(exchange, document)
    yield from put_default(exchange, document)
    seen = yield from see_all(exchange, document)
    near = yield from neighbours(exchange, document, seen, zone)
    wishes = _wishes(exchange, zone, attachment, seen, near, count.most)
    pod = yield from _bound(exchange, wishes)
    demand, count = yield from demanded(exchange, document, seen, pod, count)
    besides, count = yield from held(exchange, document, pod, count)
    yield from copy_all(exchange, seen, document, pod)
    action = exchange.match.action
    if action.zone is not None:
        rewrite.change(document, action.zone, lambda name: _own_zone(name, pod))
    rewrite.inward(document, action.request, pod, {})
    reserved = asks_for_reservation(exchange, document)
    create = _Create(pod, attachment, demand, besides)
    if count.most > 1:
        made = yield from several(exchange, document, count, create)
    else:
        made = [(yield from create(exchange, document))]
    if reserved and made[0].ok:
        return (yield from reservation(exchange, pod, made))
    return made[0]


def _attachment(exchange: Exchange, document: Any, count: int) -> Attachment | None:
    at = exchange.match.action.networks
    if at is None:
        return None
    server = document.get(at[0])
    if not isinstance(server, dict):
        raise BadRequest(f"Invalid input for field/attribute {at[0]}. It is required.")
    return networks.wanted(server, count, exchange.request.version or (2, 1))


def _zone(exchange: Exchange, document: Any) -> str | None:
    """The zone that is asked for; administrators may name a host there, too."""
    at = exchange.match.action.zone
    zones = rewrite.values(document, at) if at is not None else []
    return (zones[0].partition(":")[0] if zones else "") or None


def _own_zone(name: Any, pod: Pod) -> Any:
    """The zone as the pod calls it; what is no text is the pod's to refuse."""
    return rewrite.pod_zone(name, pod) if isinstance(name, str) else name


def _bound(exchange: Exchange, wishes: Wishes) -> Steps[Pod]:
    """The pod; raises BadRequest in the service's words if there is no such zone."""
    try:
        return (yield from bind(wishes))
    except BadRequest as error:
        # Whether there is one is the placement's to say: a pod may be a moment old.
        zone = wishes.zone
        if zone is None or any(pod.zone == zone for pod in exchange.pods):
            raise
        raise BadRequest(exchange.service.no_zone.format(zone)) from error


def _wishes(
    exchange: Exchange,
    zone: str | None,
    attachment: Attachment | None,
    seen: list[Seen],
    near: list[Neighbour],
    count: int,
) -> Wishes:
    """What the pod must be like."""
    interfaces = attachment.interfaces if attachment else ()
    flavors = [one.original for one in seen if one.mirror.type == "flavor"]
    return Wishes(
        type=exchange.match.resource.type,
        zone=zone,
        pod=near[0][2].name if near else None,
        near=tuple((type, id) for type, id, _ in near),
        networks=tuple(item.network_id for item in interfaces if item.network_id),
        flavor=flavors[0] if flavors else None,
        count=count,
    )


@dataclass(frozen=True, slots=True)
class _Begun:
    """What is written down before the pod hears of a create."""

    intent: Intent
    besides: Intent | None
    """For what the pod makes besides."""


class _Create:
    """Creates one resource in the pod."""

    def __init__(
        self,
        pod: Pod,
        attachment: Attachment | None,
        demand: Demand | None,
        besides: Demand | None,
    ) -> None:
        self._pod = pod
        self._attachment = attachment
        self._demand = demand
        self._besides = besides

    def __call__(self, exchange: Exchange, document: Any) -> Steps[Answer]:
        pod = self._pod
        begun = yield from self._begin(exchange.match.resource.type)
        realised = None
        try:
            if self._attachment is not None:
                realised = yield from prepare(self._attachment, pod, begun.intent.id)
        except GatewayError:
            yield Abandon(begun.intent)
            yield from let_go(begun.besides)
            raise
        answer = yield from send(self._call(exchange, document, realised))
        yield from _settle(exchange, begun, realised, answer)
        return (yield from publish(exchange, pod, merge.given(answer)))

    def _begin(self, type: str) -> Steps[_Begun]:
        besides = yield from hold(self._pod, self._besides)
        try:
            intent = yield from begin(type, self._pod, self._demand)
        except GatewayError:
            yield from let_go(besides)
            raise
        return _Begun(intent, besides)

    def _call(
        self, exchange: Exchange, document: Any, realised: Realised | None
    ) -> Call:
        at = exchange.match.action.networks
        if realised is None or at is None:
            return forward(exchange, self._pod, document=document)
        server = document[at[0]]
        networks.substitute(server, realised)
        call = forward(exchange, self._pod, document=document)
        asked = exchange.request.version or (2, 1)
        if realised.pod_ports or asked >= networks.NONE_FROM:
            return call
        return _raised(exchange, call)


def _raised(exchange: Exchange, call: Call) -> Call:
    """Ask in the first microversion that knows a server without networks.

    Before it, Nova attaches the project's only network, if there is one: in the pod
    that may be a replica of one that the user did not mean. The answer to a create is
    the same in both.
    """
    names = exchange.service.headers
    major, minor = networks.NONE_FROM
    version = f"{exchange.service.type} {major}.{minor}".encode()
    kept = [pair for pair in call.headers if pair[0] not in names]
    return replace(call, headers=[*kept, (names[0], version)])


def _settle(
    exchange: Exchange,
    begun: _Begun,
    realised: Realised | None,
    answer: Answer | Lost,
) -> Steps[None]:
    """Complete or abandon the intents; in doubt they stay pending, for the jobs."""
    intent, besides = begun.intent, begun.besides
    if isinstance(answer, Lost):
        refused = not answer.in_doubt
    else:
        refused = 400 <= answer.status < 500
        if answer.ok:
            ids = rewrite.values(merge.load(answer), exchange.match.resource.created)
            if not ids:
                return
            yield Complete(intent, ids[0])
            if besides is not None:
                # A server's volumes come to be only while it is built.
                is_built = intent.type == "server"
                yield Complete(besides, ids[0] if is_built else besides.id)
            if realised is not None:
                yield Claim(realised, ids[0], intent.pod)
    if refused:
        if realised is not None:
            yield Undo(realised, intent.pod)
        yield Abandon(intent)
        yield from let_go(besides)
