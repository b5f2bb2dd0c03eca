# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""What a new resource must be near to, and so the pod that it goes to."""

from typing import Any

from tricircle.gateway import naming, rewrite
from tricircle.gateway.errors import BadRequest, NotFound
from tricircle.gateway.places import IdField
from tricircle.gateway.ports import Pod
from tricircle.gateway.reading import references, told
from tricircle.gateway.steps import Exchange, Steps, find
from tricircle.gateway.strategies.copies import Seen
from tricircle.gateway.strategies.locate import must_locate
from tricircle.gateway.twins import members

Neighbour = tuple[str, str, Pod]
"""A type, an id, and where that is."""

_TOGETHER = "affinity"


def neighbours(
    exchange: Exchange, document: Any, seen: list[Seen], zone: str | None
) -> Steps[list[Neighbour]]:
    """All that the document names of one pod.

    Raises BadRequest if that is in several, or in another zone than is asked for.
    """
    found = _hosts(exchange, document)
    found += yield from _groups(exchange, seen)
    for field in exchange.match.action.near:
        for id in references(document, field):
            pod = yield from _pod_of(exchange, field, id)
            if pod is not None:
                found.append((field.type, id, pod))
    _check(found, zone)
    return found


def _pod_of(exchange: Exchange, field: IdField, id: str) -> Steps[Pod | None]:
    if field.must_exist:
        return (yield from must_locate(exchange, field.type, id))
    try:
        return (yield from find(field.type, id))
    except NotFound:  # as was known a moment ago
        return None


def _hosts(exchange: Exchange, document: Any) -> list[Neighbour]:
    at = exchange.match.action.zone
    zones = rewrite.values(document, at) if at is not None else []
    hosts = [host for zone in zones for host in zone.split(":")[1:]]
    named = [naming.own(host, exchange.pods)[0] for host in hosts]
    pod = naming.one_pod([told(exchange), *named])
    return [("host", f"of {pod.name}", pod)] if pod is not None else []


def _groups(exchange: Exchange, seen: list[Seen]) -> Steps[list[Neighbour]]:
    """An affinity group is where its members are; without one, it may be anywhere."""
    found: list[Neighbour] = []
    pods = {pod.name: pod for pod in exchange.pods}
    for one in seen:
        if one.original.get("policy") == _TOGETHER:
            twins, _ = yield from members(exchange)
            for name, twin in twins.get(one.original["id"], {}).items():
                if twin["members"]:
                    found.append(("server_group", one.original["id"], pods[name]))
    return found


def _check(found: list[Neighbour], zone: str | None) -> None:
    for type, id, pod in found:
        what = f"{type.replace('_', ' ')} {id}"
        other_type, other, home = found[0]
        if pod.name != home.name:
            raise BadRequest(
                f"The {other_type.replace('_', ' ')} {other} is in availability zone "
                f"{home.zone} and the {what} in {pod.zone}: they cannot be used "
                "together."
            )
        if zone not in (None, pod.zone):
            raise BadRequest(
                f"The {what} is in availability zone {pod.zone}, not in {zone}: ask "
                f"for {pod.zone}, or make a copy of it in {zone}."
            )
