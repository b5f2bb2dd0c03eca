# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""A route and what is in its pod, made to agree."""

import logging
from datetime import UTC, datetime, timedelta
from functools import partial

from sqlalchemy.orm import Session

from tricircle.db.models import Pod, Route, RouteState
from tricircle.jobs.retry import Again
from tricircle.placed.lists import Lists
from tricircle.placed.nouns import NOUNS, SERVER
from tricircle.placed.ports import ServerPorts
from tricircle.placed.reach import Reach
from tricircle.placed.verdict import Made, Verdict, resolve
from tricircle.pods import routing
from tricircle.pods.errors import RouteNotFound
from tricircle.pods.server_ports import promises
from tricircle.quotas import handler as recount
from tricircle.quotas.known import HOLD
from tricircle.regions.network import Resource

LOG = logging.getLogger(__name__)

#: What clocks of pods may be behind ours. More is harmless: what was made before the
#: intent is the project's, too.
_CLOCKS_DIFFER = timedelta(minutes=5)
#: A deletion is looked at again after this part of its age, in seconds between these.
_PART, _SOONEST, _LATEST = 0.25, 1.0, 60.0


class PlacedRoutes:
    """Finds out what is true of routes of placed resources."""

    def __init__(self, reach: Reach) -> None:
        self._reach = reach
        self._lists = Lists(reach)
        self._ports = ServerPorts(reach)

    def settle(self, route_id: str) -> None:
        """Make a route agree with its pod; it may be gone.

        Again while the pod is not done, or a gateway may be at work: nothing is wrong
        with that. RegionsError if a region can't tell.
        """
        try:
            route = self._reach.database.retried_read(
                lambda session: routing.get(session, route_id)
            )
        except RouteNotFound:
            return
        if route.resource_type not in NOUNS:
            return  # networks have reconcilers of their own
        pod = self._reach.pod(route.pod_id)
        match route.state:
            case RouteState.PENDING:
                self._resolve(route, pod)
            case RouteState.DELETING:
                self._finish(route, pod)
            case _:
                self._confirm(route, pod)

    # Creates

    def _resolve(self, route: Route, pod: Pod) -> None:
        unsettled = self._reach.patience.unsettled(route.created_at)
        if unsettled > 0:
            raise Again(unsettled)
        made = self._made(route, pod)
        ports = self._ports.of(promises(route.id)) if _is_server(route) else []
        users = self._ports.users(ports)
        verdict = resolve(made, [port["id"] for port in ports], users)
        if verdict.waits_for:
            LOG.info(
                "Server %s in %s may get its ports yet", verdict.waits_for, pod.name
            )
            raise Again(_LATEST)
        for port in ports:
            self._carry_out(verdict, port, pod)
        self._reach.database.retried(partial(_record, route, verdict))
        LOG.info(
            "A create of a %s in %s (%s) was broken off: %s",
            route.resource_type,
            pod.name,
            route.request_id,
            f"{', '.join(verdict.adopted)} is kept"
            if verdict.adopted
            else "nothing came of it",
        )

    def _made(self, route: Route, pod: Pod) -> list[Made]:
        if not NOUNS[route.resource_type].project:
            return []
        found = self._lists.made_since(
            route.resource_type,
            pod,
            route.project_id,
            route.created_at - _CLOCKS_DIFFER,
        )
        ids = [item["id"] for item in found]
        known = self._reach.database.retried_read(
            lambda session: routing.find_many(session, route.resource_type, ids)
        )
        routed = {one.resource_id for one in known}
        building = {item["id"] for item in found if item["status"] == "BUILD"}
        owners = {port["device_id"] for port in self._ports.of(sorted(building))}
        return [Made(id_, id_ in building, id_ in routed, id_ in owners) for id_ in ids]

    def _carry_out(self, verdict: Verdict, port: Resource, pod: Pod) -> None:
        if port["id"] in verdict.claims:
            self._ports.claim(port, verdict.claims[port["id"]], pod)
        else:
            self._ports.part(port)

    # Deletes

    def _finish(self, route: Route, pod: Pod) -> None:
        age = (datetime.now(UTC) - route.updated_at).total_seconds()
        if self._is_gone(route, pod):
            self._bury(route)
        elif age > self._reach.patience.deletion:
            LOG.warning(
                "%s still has %s %s %d s after it should delete it",
                pod.name,
                route.resource_type,
                route.resource_id,
                age,
            )
            self._reach.database.retried(partial(_revive, route.id))
        else:
            raise Again(min(max(_PART * age, _SOONEST), _LATEST))

    def _confirm(self, route: Route, pod: Pod) -> None:
        # What has just been made may be shown before it is listed, or the reverse.
        is_new = self._reach.patience.unsettled(route.updated_at) > 0
        if not is_new and self._is_gone(route, pod):
            self._bury(route)

    def _is_gone(self, route: Route, pod: Pod) -> bool:
        shown = self._lists.show(route.resource_type, str(route.resource_id), pod)
        return shown is None

    def _bury(self, route: Route) -> None:
        if _is_server(route):
            for port in self._ports.of([str(route.resource_id)]):
                self._ports.part(port)
        self._reach.check()
        self._reach.database.retried(partial(_forget, route))


def _is_server(route: Route) -> bool:
    return route.resource_type == SERVER


def _record(intent: Route, verdict: Verdict, session: Session) -> None:
    if verdict.own is not None:
        routing.complete(session, intent, verdict.own)
    else:
        routing.abandon(session, intent.id)
    for resource_id in verdict.adopted:
        routing.learn(
            session,
            resource_type=intent.resource_type,
            resource_id=resource_id,
            pod_id=intent.pod_id,
            project_id=intent.project_id,
            is_sole=True,
        )
    if set(verdict.adopted) - {verdict.own}:
        recount.wish(session, intent.project_id)  # they take nothing yet


def _forget(route: Route, session: Session) -> None:
    resource_id = str(route.resource_id)
    routing.forget(session, route.resource_type, resource_id, route.pod_id)
    if routing.find(session, HOLD, resource_id, route.pod_id):
        recount.wish(session, route.project_id)  # its volumes may have gone with it


def _revive(route_id: str, session: Session) -> None:
    try:
        route = routing.get(session, route_id)
    except RouteNotFound:
        return
    if route.state == RouteState.DELETING:
        routing.update(session, route_id, state=RouteState.ACTIVE)
