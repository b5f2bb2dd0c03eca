# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""What is done about placed resources, as kinds of jobs."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from oslo_config import cfg

from tricircle.conf import placed as placed_conf
from tricircle.db.models import Job, Route
from tricircle.jobs.kinds import Context, Handler, Wish
from tricircle.jobs.lease import Lease
from tricircle.jobs.retry import Retry
from tricircle.placed.letting_go import LettingGo
from tricircle.placed.reach import Patience, Reach
from tricircle.placed.routes import PlacedRoutes
from tricircle.placed.strays import lone_ports, lost_routes
from tricircle.placed.waiting import waiting
from tricircle.pods.errors import PodNotFound, PodsError
from tricircle.regions.errors import RegionsError
from tricircle.regions.session import Regions, from_conf

#: The kinds' names, as their entry points have them.
ROUTE, PORT = "placed_route", "server_port"


class _PlacedHandler(Handler):
    """Has what both need; ``connect`` makes the regions from the configuration."""

    def __init__(
        self, connect: Callable[[cfg.ConfigOpts], Regions] = from_conf
    ) -> None:
        self._connect = connect
        self._regions: Regions | None = None

    def _reach(self, context: Context, check: Callable[[], None]) -> Reach:
        if self._regions is None:
            self._regions = self._connect(context.conf)
        patience = Patience.of(context.conf)
        return Reach(context.database, self._regions, patience, check)


class PlacedRouteHandler(_PlacedHandler):
    """The kind ``placed_route``: its resource is a route, by the route's own id."""

    def reconcile(self, job: Job, lease: Lease, context: Context) -> None:
        """Make the route and what is in its pod agree."""
        with _outcomes():
            PlacedRoutes(self._reach(context, lease.check)).settle(job.resource_id)

    def audit(self, context: Context) -> Iterable[Wish]:
        """Yield the routes that wait: the database knows them."""
        for route in waiting(self._reach(context, _nothing)):
            yield _route_wish(route)

    def audit_interval(self, context: Context) -> float | None:
        """Return the seconds between audits."""
        seconds: float = context.conf[placed_conf.GROUP].audit_interval
        return seconds


class ServerPortHandler(_PlacedHandler):
    """The kind ``server_port``: its resource is a central port, which may go."""

    def reconcile(self, job: Job, lease: Lease, context: Context) -> None:
        """Part with the port if no server uses it."""
        with _outcomes():
            reach = self._reach(context, lease.check)
            LettingGo(reach).settle(job.resource_id, job.attempts)

    def audit(self, context: Context) -> Iterable[Wish]:
        """Yield routes to what pods do not list, and ports of which no route tells."""
        reach = self._reach(context, _nothing)
        with _outcomes():
            for route in lost_routes(reach):
                yield _route_wish(route)
            for port in lone_ports(reach):
                yield Wish(PORT, port["id"], None, port["project_id"])

    def audit_interval(self, context: Context) -> float | None:
        """Return the seconds between audits."""
        seconds: float = context.conf[placed_conf.GROUP].compare_interval
        return seconds


def _nothing() -> None:
    """Check nothing: an audit changes nothing."""


def _route_wish(route: Route) -> Wish:
    return Wish(ROUTE, route.id, route.pod_id, route.project_id)


@contextmanager
def _outcomes() -> Iterator[None]:
    """Say what an error means for a job: nothing is lasting here."""
    try:
        yield
    except PodNotFound:
        return  # its routes are gone with it
    except (RegionsError, PodsError) as error:
        raise Retry(str(error)) from error
