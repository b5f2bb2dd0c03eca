# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Who is in a security group, and in which pod.

A pod's Neutron knows the members that it has; a rule that names a group has to admit
those in other pods, too. The route of each port remembers the port's groups and
addresses, so whoever needs them asks no region, and a port that is gone in the central
region is still known to have been a member.

What has to follow when members change is known by the routes of the kind ``KIND``: one
for each group that a rule names, in each pod that has the rule.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_network
from typing import Any

from sqlalchemy import Text, cast, or_, select
from sqlalchemy.orm import Session

from tricircle.db.models import Route, RouteState
from tricircle.jobs.queue import enqueue
from tricircle.pods import routing

#: The members of a group (by its central id) that are not in a pod.
KIND = "security_group_members"

_GROUPS, _ADDRESSES = "groups", "addresses"
#: The detail of a route of this kind: the projects that have members.
PROJECTS = "projects"


@dataclass(frozen=True)
class Members:
    """The addresses of members, as prefixes, and the projects that these are of."""

    addresses: set[str] = field(default_factory=set)
    projects: set[str] = field(default_factory=set)


def remembered(port: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the route of a central port has to remember."""
    groups = sorted(port.get("security_groups") or ())
    return {_GROUPS: groups, _ADDRESSES: sorted(_addresses(port))} if groups else {}


def of_port(route: Route) -> set[str]:
    """Return the groups that the route of a port remembers."""
    return set(route.details.get(_GROUPS, ()))


def changed(route: Route, port: Mapping[str, Any]) -> bool:
    """Whether a port's route remembers other groups or addresses than the port has."""
    now = remembered(port)
    return any(
        now.get(name) != route.details.get(name) for name in (_GROUPS, _ADDRESSES)
    )


def elsewhere(
    session: Session,
    group_id: str,
    pod_id: str,
    projects: Collection[str] | None = None,
) -> Members:
    """Return the members that are in other pods than ``pod_id``.

    ``projects`` are those that have members, if they are known: it is quicker then.
    """
    statement = select(Route.project_id, Route.details).where(
        Route.resource_type == "port",
        Route.state == RouteState.ACTIVE,
        Route.pod_id != pod_id,
        cast(Route.details, Text).contains(group_id, autoescape=True),
    )
    if projects is not None:
        statement = statement.where(Route.project_id.in_(projects))
    found = Members(projects=set(projects or ()))
    for project_id, details in session.execute(statement):
        if group_id in details.get(_GROUPS, ()):
            found.addresses.update(details[_ADDRESSES])
            found.projects.add(project_id)
    return found


def follow(session: Session, port: Mapping[str, Any]) -> None:
    """Have other pods admit a central port as it is now, wherever it is realised.

    That does not wait for the port's own pod, which may be slow, or away.
    """
    for route in _routes(session, port["id"]):
        if changed(route, port):
            groups = of_port(route) | set(port["security_groups"])
            forgotten = {_GROUPS, _ADDRESSES}
            kept = {k: v for k, v in route.details.items() if k not in forgotten}
            details = kept | remembered(port)
            routing.update(session, route.id, details=details)
            wish(session, groups, route.pod_id, port["project_id"])


def leave(session: Session, port_id: str, pod_id: str | None = None) -> None:
    """Have other pods admit a port no more; it is to be removed from its pod."""
    for route in _routes(session, port_id, pod_id):
        routing.update(session, route.id, state=RouteState.DELETING)
        wish(session, of_port(route), route.pod_id, route.project_id)


def wish(
    session: Session, group_ids: Iterable[str], pod_id: str, project_id: str
) -> None:
    """Have the other pods told that members in ``pod_id`` changed.

    ``project_id`` is the project of the port that changed.
    """
    for route in _ordered(session, group_ids):
        if route.pod_id != pod_id:
            if project_id not in route.details.get(PROJECTS, [project_id]):
                _note(session, route, project_id)
            enqueue(
                session, KIND, str(route.resource_id), route.pod_id, route.project_id
            )


def wish_here(session: Session, group_ids: Iterable[str], pod_id: str) -> None:
    """Have it looked at whether ``pod_id`` still needs the members of groups."""
    for route in _ordered(session, group_ids):
        if route.pod_id == pod_id:
            enqueue(session, KIND, str(route.resource_id), pod_id, route.project_id)


def idle(session: Session, group_ids: Iterable[str], pod_id: str) -> set[str]:
    """Return which groups no port in a pod has, nor may have that is being made."""
    statement = select(Route.state, Route.details).where(
        Route.resource_type == "port",
        Route.pod_id == pod_id,
        Route.state != RouteState.DELETING,
    )
    left = set(group_ids)
    named = [cast(Route.details, Text).contains(one, autoescape=True) for one in left]
    being_made = Route.state == RouteState.PENDING
    for state, details in session.execute(statement.where(or_(being_made, *named))):
        if state == RouteState.PENDING:
            return set()
        left.difference_update(details.get(_GROUPS, ()))
    return left


def canonical(address: str) -> str:
    """Return an address or a prefix as Neutron's address groups show it."""
    return str(ip_network(address, strict=False))


def _addresses(port: Mapping[str, Any]) -> set[str]:
    """Fixed addresses, and those that may move to the port: Neutron counts both.

    A prefix that the port may send from says nothing of who else has the addresses
    in it: it does not make them members.
    """
    pairs = port.get("allowed_address_pairs") or ()
    # Inside Neutron it is no string.
    prefixes = [ip_network(str(one["ip_address"]), strict=False) for one in pairs]
    single = {str(prefix) for prefix in prefixes if prefix.num_addresses == 1}
    return single | {canonical(ip["ip_address"]) for ip in port["fixed_ips"]}


def _routes(session: Session, port_id: str, pod_id: str | None = None) -> list[Route]:
    found = routing.find(session, "port", port_id, pod_id)
    return [route for route in found if route.state == RouteState.ACTIVE]


def _ordered(session: Session, group_ids: Iterable[str]) -> list[Route]:
    # In one order, or two who enqueue the same would wait for each other.
    routes = routing.find_many(session, KIND, list(group_ids))
    return sorted(routes, key=lambda route: (route.resource_id, route.pod_id))


def _note(session: Session, route: Route, project_id: str) -> None:
    locked = session.get(Route, route.id, with_for_update=True, populate_existing=True)
    if locked is not None:
        projects = {project_id, *locked.details.get(PROJECTS, ())}
        locked.details = {**locked.details, PROJECTS: sorted(projects)}
