# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Whether a pod's services answer, decided without I/O.

One look says little: a connection breaks, a service restarts. So a service is what it
was until enough looks in a row say otherwise; the pod follows from its services. ::

                falls failures in a row
          up --------------------------> down        a look that agrees with what
             <--------------------------             is known begins the row anew
                rises answers in a row

A service that nobody has looked at counts as up: what is not known refuses nothing.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from tricircle.db.models import Health, Pod

#: In doubt, the next look comes so many times sooner.
_HASTE = 4
#: How much of the wait is left to chance: pods are not to be looked at all at once.
_CHANCE = 0.5


@dataclass(frozen=True)
class Patience:
    """How many looks in a row must say the same before it counts: one, or more."""

    falls: int = 3
    rises: int = 2

    def __post_init__(self) -> None:
        """Refuse what would never decide."""
        if self.falls < 1 or self.rises < 1:
            raise ValueError("a service changes after one look at the least")


@dataclass(frozen=True)
class Service:
    """A service: whether it counts as up, and since when.

    ``doubts`` is how many looks in a row said otherwise; ``error`` is what the last
    look met, None if it was answered.
    """

    is_up: bool
    since: datetime
    doubts: int = 0
    error: str | None = None


@dataclass(frozen=True)
class Condition:
    """How a pod is, since when, and each of its services by its official type."""

    health: Health
    since: datetime
    services: Mapping[str, Service] = field(default_factory=dict)

    @property
    def away(self) -> frozenset[str]:
        """The services that are down."""
        return frozenset(type_ for type_, one in self.services.items() if not one.is_up)

    @classmethod
    def of(cls, pod: Pod) -> "Condition":
        """Return the condition that a pod's record has."""
        services = {type_: _read(facts) for type_, facts in pod.services.items()}
        return cls(Health(pod.health), pod.health_since, services)

    def columns(self) -> dict[str, Any]:
        """Return what ``of`` reads, by the columns of a pod."""
        services = {type_: _written(one) for type_, one in self.services.items()}
        return {
            "health": self.health,
            "health_since": self.since,
            "services": services,
        }


def observe(
    before: Condition,
    seen: Mapping[str, str | None],
    now: datetime,
    patience: Patience,
) -> Condition:
    """Return how a pod is after a look at ``now`` that saw all its services.

    ``seen`` has what each met: None if it answered. One that is not in it is not
    there any more.
    """
    services = {
        type_: _judge(
            before.services.get(type_) or Service(True, now), error, now, patience
        )
        for type_, error in seen.items()
    }
    health = _sum(services.values())
    since = before.since if health is before.health else now
    return Condition(health, since, services)


def wait(condition: Condition, interval: float, chance: Callable[[], float]) -> float:
    """Return the seconds until the next look, about ``interval``; sooner in doubt.

    ``chance`` gives numbers from 0 to 1.
    """
    doubted = any(one.doubts for one in condition.services.values())
    seconds = interval / _HASTE if doubted else interval
    return seconds * (1 + _CHANCE * (chance() - 0.5))


def _judge(
    before: Service, error: str | None, now: datetime, patience: Patience
) -> Service:
    if before.is_up == (error is None):
        return replace(before, doubts=0, error=error)
    doubts = before.doubts + 1
    if doubts < (patience.falls if before.is_up else patience.rises):
        return replace(before, doubts=doubts, error=error)
    return Service(not before.is_up, now, error=error)


def _sum(services: Iterable[Service]) -> Health:
    found = {one.is_up for one in services}
    if found == {False}:
        return Health.DOWN
    return Health.DEGRADED if False in found else Health.UP


def _read(facts: Mapping[str, Any]) -> Service:
    return Service(
        is_up=facts["health"] == Health.UP,
        since=datetime.fromisoformat(facts["since"]),
        doubts=facts["doubts"],
        error=facts["error"],
    )


def _written(one: Service) -> dict[str, Any]:
    return {
        "health": Health.UP if one.is_up else Health.DOWN,
        "since": one.since.astimezone(UTC).isoformat(),
        "doubts": one.doubts,
        "error": one.error,
    }
