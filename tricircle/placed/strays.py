# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""What routes and lists disagree about: routes that lead nowhere, ports nobody needs.

One list for each pod and type, and one of the central region's ports, in pages; what
does not fit is looked at closely by jobs, one each.
"""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from sqlalchemy import select
from sqlalchemy.orm import Session

from tricircle.db.models import Pod, Route, RouteState
from tricircle.placed.lists import Lists
from tricircle.placed.nouns import NOUNS, SERVER
from tricircle.placed.ports import PORT
from tricircle.placed.reach import Reach
from tricircle.placed.waiting import active
from tricircle.pods import routing
from tricircle.pods.server_ports import is_made, promised
from tricircle.regions.errors import RegionsError
from tricircle.regions.network import Resource

LOG = logging.getLogger(__name__)

_PAGE = 500
_FIELDS = ("id", "project_id", "device_id", "tags")


def lost_routes(reach: Reach) -> Iterator[Route]:
    """Yield the routes to what pods do not list; what one can't tell is left out."""
    for pod in reach.pods():
        for type_ in NOUNS:
            try:
                yield from _lost(reach, type_, pod)
            except RegionsError as error:
                LOG.warning("Routes to %s are not compared: %s", pod.name, error)


def _lost(reach: Reach, type_: str, pod: Pod) -> list[Route]:
    # First the routes: what is made meanwhile is only in the list.
    routes = list(active(reach, type_, pod.id))
    there = Lists(reach).ids(type_, pod) if routes else set()
    return [route for route in routes if route.resource_id not in there]


def lone_ports(reach: Reach) -> Iterator[Resource]:
    """Yield the central ports for servers of which no route tells."""
    zones = {pod.az_name for pod in reach.pods()}
    owners = ["", *sorted(f"compute:{zone}" for zone in zones)]
    marker: dict[str, str] = {}
    while page := reach.central().find(
        PORT, device_owner=owners, fields=_FIELDS, limit=str(_PAGE), **marker
    ):
        yield from _lone(reach, page)
        marker = {"marker": page[-1]["id"]}


def _lone(reach: Reach, ports: Sequence[Resource]) -> list[Resource]:
    doubtful = [port for port in ports if port["device_id"] or is_made(port)]
    known = reach.database.retried_read(partial(_known, doubtful))
    return [
        port
        for port in doubtful
        if (is_made(port) or promised(port) or port["id"] in known.realised)
        and not _told(port) & known.attended
    ]


@dataclass(frozen=True)
class _Known:
    """What routes tell: intents and servers to attend to, ports that are in pods."""

    attended: set[str]
    realised: set[str]


def _known(ports: Sequence[Resource], session: Session) -> _Known:
    told = {id_ for port in ports for id_ in _told(port)}
    intents = session.scalars(
        select(Route.id).where(Route.id.in_(told), Route.state == RouteState.PENDING)
    )
    servers = routing.find_many(session, SERVER, told)
    realised = routing.find_many(session, PORT, [port["id"] for port in ports])
    return _Known(
        {*intents, *(str(route.resource_id) for route in servers)},
        {str(route.resource_id) for route in realised},
    )


def _told(port: Resource) -> set[str]:
    """Whose a port says it is: an intent, or a server, or nobody's."""
    promise = promised(port)
    told = promise.intent_id if promise else port["device_id"]
    return {told} if told else set()
