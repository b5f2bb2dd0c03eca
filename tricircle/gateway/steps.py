# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""How a strategy speaks: it yields a step, is sent the result, and ends in an answer.

A strategy does no I/O, so it is tested with plain data; ``act`` takes the steps. Each
step is an imperative, and has a function here that yields it and knows its result's
type: ``pod = yield from find("server", id)``. A step that cannot be taken raises a
GatewayError inside the strategy, which may undo what it began.
"""

from collections.abc import Collection, Generator, Mapping, Sequence
from typing import Any, TypeAlias, TypeVar

import msgspec

from tricircle.gateway.message import Answer, Call, Lost, Request
from tricircle.gateway.places import Kind
from tricircle.gateway.ports import (
    Attachment,
    Counts,
    Intent,
    Pod,
    Realised,
    Record,
    Wishes,
)
from tricircle.gateway.router import Match
from tricircle.gateway.spec import Resource, Service
from tricircle.quotas.demand import Demand
from tricircle.quotas.ledger import Raised
from tricircle.quotas.taking import Takes

T = TypeVar("T")
Steps: TypeAlias = Generator["Step", Any, T]


class Exchange(msgspec.Struct, frozen=True):
    """All that a strategy may look at."""

    request: Request
    match: Match
    service: Service
    pods: Sequence[Pod]
    central: Pod
    nouns: Mapping[str, tuple[Service, Resource]]
    """Every type of every service: a server may have to find a volume."""


class Send(msgspec.Struct, frozen=True):
    """Send one call; its answer's body may be a stream."""

    call: Call


class Gather(msgspec.Struct, frozen=True):
    """Send calls at the same time, and read all their answers."""

    calls: tuple[Call, ...]


class Find(msgspec.Struct, frozen=True):
    """Tell where it lives, as far as routes do."""

    type: str
    id: str


class Consult(msgspec.Struct, frozen=True):
    """Tell what routes tell of what is in pods that do not answer."""

    type: str
    pods: tuple[Pod, ...]
    id: str | None
    limit: int
    everybodys: bool
    """Not the user's project's alone."""


class Learn(msgspec.Struct, frozen=True):
    """They live there."""

    type: str
    ids: tuple[str, ...]
    pod: Pod
    project_id: str = ""
    """Whose they are; empty: the user's project's."""


class Miss(msgspec.Struct, frozen=True):
    """No pod has it."""

    type: str
    id: str


class Forget(msgspec.Struct, frozen=True):
    """It is being deleted, or is gone."""

    type: str
    id: str
    pod: Pod
    gone: bool


class Bind(msgspec.Struct, frozen=True):
    """Tell which pod takes a new resource."""

    wishes: Wishes


class Afford(msgspec.Struct, frozen=True):
    """Tell what limits a create has to keep, and how many of it they let pass."""

    takes: Takes
    service: str
    pod: Pod
    counts: Counts


class Begin(msgspec.Struct, frozen=True):
    """Write down that a create is about to be sent."""

    type: str
    pod: Pod
    demand: Demand | None = None


class Grow(msgspec.Struct, frozen=True):
    """Let a resource take more of its project's quota."""

    type: str
    id: str
    pod: Pod
    takes: Takes
    service: str


class Shrink(msgspec.Struct, frozen=True):
    """It takes what it took before."""

    raised: Raised


class Complete(msgspec.Struct, frozen=True):
    """The pod made it."""

    intent: Intent
    id: str


class Abandon(msgspec.Struct, frozen=True):
    """The pod did not make it."""

    intent: Intent


class Prepare(msgspec.Struct, frozen=True):
    """Have ports ready in a pod."""

    wanted: Attachment
    pod: Pod
    intent: str


class Claim(msgspec.Struct, frozen=True):
    """The ports are the server's."""

    realised: Realised
    server_id: str
    pod: Pod


class Undo(msgspec.Struct, frozen=True):
    """Take back the ports."""

    realised: Realised
    pod: Pod


class Refresh(msgspec.Struct, frozen=True):
    """A central port was changed: the pod's follows."""

    port_id: str
    pod: Pod


class Release(msgspec.Struct, frozen=True):
    """The server is gone, or (``port_id``) is about to lose one port."""

    server_id: str
    pod: Pod
    port_id: str | None = None


class Translate(msgspec.Struct, frozen=True):
    """Ids of networking: the central region's to the pod's, or back."""

    ids: frozenset[tuple[Kind, str]]
    pod: Pod
    inward: bool


class Recall(msgspec.Struct, frozen=True):
    """What was kept under a key, if it still is."""

    key: tuple[str, ...]


class Keep(msgspec.Struct, frozen=True):
    """Keep something for a while; it may be lost at any time."""

    key: tuple[str, ...]
    value: Any


Step: TypeAlias = (
    Send
    | Gather
    | Find
    | Consult
    | Learn
    | Miss
    | Forget
    | Bind
    | Afford
    | Grow
    | Shrink
    | Begin
    | Complete
    | Abandon
    | Prepare
    | Claim
    | Undo
    | Refresh
    | Release
    | Translate
    | Recall
    | Keep
)


def send(call: Call) -> Steps[Answer | Lost]:
    """Send one call."""
    result: Answer | Lost = yield Send(call)
    return result


def gather(calls: Collection[Call]) -> Steps[list[Answer | Lost]]:
    """Send calls at the same time; the answers come in their order."""
    if not calls:
        return []
    result: list[Answer | Lost] = yield Gather(tuple(calls))
    return result


def find(type: str, id: str) -> Steps[Pod | None]:
    """Where a resource lives, as far as routes tell."""
    result: Pod | None = yield Find(type, id)
    return result


def consult(
    type: str,
    pods: Collection[Pod],
    *,
    id: str | None = None,
    limit: int = 1,
    everybodys: bool = False,
) -> Steps[Sequence[Record]]:
    """What routes tell; nothing, where the database does not answer either."""
    step = Consult(type, tuple(pods), id, limit, everybodys)
    result: Sequence[Record] = yield step
    return result


def bind(wishes: Wishes) -> Steps[Pod]:
    """The pod for a new resource."""
    result: Pod = yield Bind(wishes)
    return result


def afford(
    takes: Takes, service: str, pod: Pod, counts: Counts
) -> Steps[tuple[Demand, int]]:
    """What is wanted of the quota, and how many fit."""
    result: tuple[Demand, int] = yield Afford(takes, service, pod, counts)
    return result


def begin(type: str, pod: Pod, demand: Demand | None = None) -> Steps[Intent]:
    """Write the pending route."""
    result: Intent = yield Begin(type, pod, demand)
    return result


def grow(
    type: str, id: str, pod: Pod, takes: Takes, service: str
) -> Steps[Raised | None]:
    """What was raised, for `Shrink` to take back."""
    result: Raised | None = yield Grow(type, id, pod, takes, service)
    return result


def prepare(wanted: Attachment, pod: Pod, intent: str) -> Steps[Realised]:
    """Ports that stand ready in the pod."""
    result: Realised = yield Prepare(wanted, pod, intent)
    return result


def translate(
    ids: Collection[tuple[Kind, str]], pod: Pod, *, inward: bool
) -> Steps[Mapping[tuple[Kind, str], str]]:
    """The same things' ids on the other side; nothing to ask costs nothing."""
    if not ids:
        return {}
    result: Mapping[tuple[Kind, str], str]
    result = yield Translate(frozenset(ids), pod, inward)
    return result


def recall(*key: str) -> Steps[Any]:
    """What `Keep` kept, or None."""
    result: Any = yield Recall(key)
    return result
