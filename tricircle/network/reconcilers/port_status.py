# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""What becomes of ports in a pod by itself: a server stops, moves, or starts again.

Nobody tells us, and Neutron can't be asked for what changed since a moment, so all
ports of a pod are listed now and then, in pages, with the few fields that count. The
route of a port remembers these as a job saw them last; each port that differs, or is
not there any more, gets a job, which brings it back to the central port.

A new port is about to be bound, and to come up: until it is, the pod is asked for all
such ports at once and more often, the less so the older they are. A job for each of
them would ask as often for each alone.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import islice
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from tricircle.db.models import Pod, Route, RouteState
from tricircle.jobs.queue import enqueue, soon
from tricircle.network.reach import Reach
from tricircle.pods import routing
from tricircle.regions.network import Resource

KIND = "port_status"

_FIELDS = ("status", "device_id", "binding:host_id")
#: The detail of a port's route that holds their values.
_SEEN = "seen"
_PAGE = 1000
#: Ids in one query, which is a line that servers bound.
_IDS = 100
#: How many wishes one transaction takes.
_BATCH = 50
_UP = "ACTIVE"
#: New ports are asked for after this part of the newest one's age, in seconds, and
#: after that many at least.
_PART, _SOONEST = 0.25, 1.0


def seen(replica: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the route of a port remembers of its replica."""
    return {_SEEN: [replica.get(name) or "" for name in _FIELDS]}


def look(reach: Reach, pod: Pod) -> int:
    """Have jobs look after the ports of a pod that changed; return how many."""
    there = {port["id"]: seen(port) for port in _ports(reach, pod)}
    routes = reach.database.retried_read(
        lambda session: routing.routes(
            session, resource_type="port", pod_id=pod.id, state=RouteState.ACTIVE
        )
    )
    return _follow(reach, routes, there)


def look_at(reach: Reach, pod: Pod, new: Sequence[Route]) -> int:
    """Have jobs look after those of the ``new`` ports that changed; return how many."""
    neutron = reach.neutron(pod)
    ids = [str(route.pod_resource_id) for route in new]
    there = {
        port["id"]: seen(port)
        for start in range(0, len(ids), _IDS)
        for port in neutron.find(
            "port", id=ids[start : start + _IDS], fields=["id", *_FIELDS]
        )
    }
    return _follow(reach, new, there)


def new_ports(reach: Reach, pod: Pod) -> list[Route]:
    """Return the routes of ports that a pod made lately, and that are not up yet."""
    since = datetime.now(UTC) - timedelta(seconds=reach.patience.settle)
    statement = select(Route).where(
        Route.resource_type == "port",
        Route.pod_id == pod.id,
        Route.state == RouteState.ACTIVE,
        Route.created_at > since,
    )
    routes = reach.database.retried_read(
        lambda session: session.scalars(statement).all()
    )
    return [route for route in routes if not _is_up(route)]


def pause(new: Iterable[Route], longest: float) -> float:
    """Return the seconds until the ports of a pod are to be looked at again."""
    moment = datetime.now(UTC)
    ages = [(moment - route.created_at).total_seconds() for route in new]
    return min([longest, *(max(_PART * age, _SOONEST) for age in ages)])


def expect(session: Session, pod: Pod) -> None:
    """Have a new port in a pod looked after soon."""
    soon(session, KIND, pod.id, pod.id, "", _SOONEST)


def _follow(
    reach: Reach, routes: Iterable[Route], there: Mapping[str, Mapping[str, Any]]
) -> int:
    changed = [route for route in routes if _differs(route, there)]
    # In one order, or two who enqueue the same would wait for each other.
    changed.sort(key=lambda route: str(route.resource_id))
    remaining = iter(changed)
    while some := list(islice(remaining, _BATCH)):
        reach.check()
        reach.database.retried(partial(_wish, some))
    return len(changed)


def _ports(reach: Reach, pod: Pod) -> Iterator[Resource]:
    neutron = reach.neutron(pod)
    page: Sequence[Resource] = ()
    while True:
        marker = {"marker": page[-1]["id"]} if page else {}
        page = neutron.find(
            "port",
            fields=["id", *_FIELDS],
            sort_key="id",
            sort_dir="asc",
            limit=str(_PAGE),
            **marker,
        )
        yield from page
        if len(page) < _PAGE:
            return


def _is_up(route: Route) -> bool:
    """Whether its replica was in use and up when it was seen last."""
    status, device, *_ = route.details.get(_SEEN) or ["", ""]
    return status == _UP and bool(device)


def _differs(route: Route, there: Mapping[str, Mapping[str, Any]]) -> bool:
    port = there.get(str(route.pod_resource_id))
    return port is None or route.details.get(_SEEN) != port[_SEEN]


def _wish(routes: Iterable[Route], session: Session) -> None:
    for route in routes:
        resource_id, project_id = str(route.resource_id), route.project_id
        enqueue(session, route.resource_type, resource_id, route.pod_id, project_id)
