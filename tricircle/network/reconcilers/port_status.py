# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""What becomes of ports in a pod by itself: a server stops, moves, or starts again.

Nobody tells us, and Neutron can't be asked for what changed since a moment, so all
ports of a pod are listed now and then, in pages, with the few fields that count. The
route of a port remembers these as a job saw them last; each port that differs, or is
not there any more, gets a job, which brings it back to the central port.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import islice
from typing import Any

from sqlalchemy.orm import Session

from tricircle.db.models import Pod, Route, RouteState
from tricircle.jobs.queue import enqueue
from tricircle.network.reach import Reach
from tricircle.pods import routing
from tricircle.regions.network import Resource

KIND = "port_status"

_FIELDS = ("status", "device_id", "binding:host_id")
#: The detail of a port's route that holds their values.
_SEEN = "seen"
_PAGE = 1000
#: How many wishes one transaction takes.
_BATCH = 50


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


def _differs(route: Route, there: Mapping[str, Mapping[str, Any]]) -> bool:
    port = there.get(str(route.pod_resource_id))
    return port is None or route.details.get(_SEEN) != port[_SEEN]


def _wish(routes: Iterable[Route], session: Session) -> None:
    for route in routes:
        resource_id, project_id = str(route.resource_id), route.project_id
        enqueue(session, route.resource_type, resource_id, route.pod_id, project_id)
