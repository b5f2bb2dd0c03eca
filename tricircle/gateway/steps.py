# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""How a strategy speaks: it yields a step, is sent the result, and ends in an answer.

A strategy does no I/O, so it is tested with plain data; ``act`` takes the steps. Each
step is an imperative, and has a function here that yields it and knows its result's
type: ``pod = yield from find("server", id)``. A step that cannot be taken raises a
GatewayError inside the strategy, which may undo what it began.
"""

from collections.abc import Collection, Generator, Mapping, Sequence
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class Send:
    """Send one call; its answer's body may be a stream."""

    call: Call


@dataclass(frozen=True, slots=True)
class Gather:
    """Send calls at the same time, and read all their answers."""

    calls: tuple[Call, ...]


@dataclass(frozen=True, slots=True)
class Find:
    """Tell where it lives, as far as routes do."""

    type: str
    id: str


@dataclass(frozen=True, slots=True)
class Consult:
    """Tell what routes tell of what is in pods that do not answer."""

    type: str
    pods: tuple[Pod, ...]
    id: str | None
    limit: int
    everybodys: bool
    """Not the user's project's alone."""


@dataclass(frozen=True, slots=True)
class Learn:
    """They live there."""

    type: str
    ids: tuple[str, ...]
    pod: Pod
    project_id: str = ""
    """Whose they are; empty: the user's project's."""


@dataclass(frozen=True, slots=True)
class Miss:
    """No pod has it."""

    type: str
    id: str


@dataclass(frozen=True, slots=True)
class Forget:
    """It is being deleted, or is gone."""

    type: str
    id: str
    pod: Pod
    gone: bool


@dataclass(frozen=True, slots=True)
class Bind:
    """Tell which pod takes a new resource."""

    wishes: Wishes


@dataclass(frozen=True, slots=True)
class Afford:
    """Tell what limits a create has to keep, and how many of it they let pass."""

    takes: Takes
    service: str
    pod: Pod
    counts: Counts


@dataclass(frozen=True, slots=True)
class Begin:
    """Write down that a create is about to be sent."""

    type: str
    pod: Pod
    demand: Demand | None = None


@dataclass(frozen=True, slots=True)
class Grow:
    """Let a resource take more of its project's quota."""

    type: str
    id: str
    pod: Pod
    takes: Takes
    service: str


@dataclass(frozen=True, slots=True)
class Shrink:
    """It takes what it took before."""

    raised: Raised


@dataclass(frozen=True, slots=True)
class Complete:
    """The pod made it."""

    intent: Intent
    id: str


@dataclass(frozen=True, slots=True)
class Abandon:
    """The pod did not make it."""

    intent: Intent


@dataclass(frozen=True, slots=True)
class Prepare:
    """Have ports ready in a pod."""

    wanted: Attachment
    pod: Pod
    intent: str


@dataclass(frozen=True, slots=True)
class Claim:
    """The ports are the server's."""

    realised: Realised
    server_id: str
    pod: Pod


@dataclass(frozen=True, slots=True)
class Undo:
    """Take back the ports."""

    realised: Realised
    pod: Pod


@dataclass(frozen=True, slots=True)
class Refresh:
    """A central port was changed: the pod's follows."""

    port_id: str
    pod: Pod


@dataclass(frozen=True, slots=True)
class Release:
    """The server is gone, or (``port_id``) is about to lose one port."""

    server_id: str
    pod: Pod
    port_id: str | None = None


@dataclass(frozen=True, slots=True)
class Translate:
    """Ids of networking: the central region's to the pod's, or back."""

    ids: frozenset[tuple[Kind, str]]
    pod: Pod
    inward: bool


@dataclass(frozen=True, slots=True)
class Recall:
    """What was kept under a key, if it still is."""

    key: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Keep:
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
