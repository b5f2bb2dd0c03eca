# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Reconcilers as kinds of jobs: one job for each resource and pod."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import ClassVar

from oslo_config import cfg

from tricircle.db.models import Job, Route, RouteState
from tricircle.jobs.kinds import Context, Handler, Wish
from tricircle.jobs.lease import Lease
from tricircle.jobs.retry import Again, Failed, Retry
from tricircle.network.errors import Busy, CentralGone, HoldLost, NotReachable
from tricircle.network.reach import Patience, Reach
from tricircle.network.reconcilers.base import Reconciler
from tricircle.network.reconcilers.network import NetworkReconciler
from tricircle.network.reconcilers.port import PortReconciler
from tricircle.network.reconcilers.security_group import SecurityGroupReconciler
from tricircle.network.reconcilers.subnet import SubnetReconciler
from tricircle.pods import routing
from tricircle.pods.errors import PodNotFound
from tricircle.regions.errors import Clash, Denied, NotThere, Refused, RegionsError
from tricircle.regions.network import NetworkClients, connect

#: An intent that is older shows that someone died.
_FORGOTTEN = timedelta(minutes=2)


class ReconcilerHandler(Handler):
    """Runs a reconciler; ``connect`` makes the clients from the configuration."""

    reconciler: ClassVar[type[Reconciler]]

    def __init__(
        self, connect: Callable[[cfg.ConfigOpts], NetworkClients] = connect
    ) -> None:
        self._connect = connect
        self._clients: NetworkClients | None = None

    def reconcile(self, job: Job, lease: Lease, context: Context) -> None:
        """Make the resource's replica in the job's pod agree."""
        reach = self._reach(context, lease.check)
        with _outcomes():
            pod = reach.pod(str(job.pod_id))
            after = self.reconciler(reach).reconcile(job.resource_id, pod)
            if after is not None:
                raise Again(after)

    def audit(self, context: Context) -> Iterable[Wish]:
        """Yield the routes of which the central resource changed, or is no more.

        Also those where someone died: an intent, or a removal, that got old.
        """
        reach = self._reach(context, lambda: None)
        kind = self.reconciler.kind
        with _outcomes():
            found = reach.central.find(kind, fields=["id", "revision_number"])
        revisions = {one["id"]: one.get("revision_number") for one in found}
        routes = context.database.retried_read(
            lambda session: routing.routes(session, resource_type=kind)
        )
        for route in routes:
            if _is_due(route, revisions):
                yield Wish(kind, str(route.resource_id), route.pod_id, route.project_id)

    def _reach(self, context: Context, check: Callable[[], None]) -> Reach:
        if self._clients is None:
            self._clients = self._connect(context.conf)
        patience = Patience.of(context.conf)
        return Reach(context.database, self._clients, patience, check)


class NetworkHandler(ReconcilerHandler):
    """The kind ``network``."""

    reconciler = NetworkReconciler


class SubnetHandler(ReconcilerHandler):
    """The kind ``subnet``."""

    reconciler = SubnetReconciler


class SecurityGroupHandler(ReconcilerHandler):
    """The kind ``security_group``."""

    reconciler = SecurityGroupReconciler


class PortHandler(ReconcilerHandler):
    """The kind ``port``."""

    reconciler = PortReconciler


@contextmanager
def _outcomes() -> Iterator[None]:
    """Say what an error means for a job."""
    try:
        yield
    except (CentralGone, PodNotFound):
        # What is gone needs nothing: a job that saw it half is run again for that.
        return
    except (Clash, Denied, NotThere) as error:
        # It may fit later, when something else is gone, or there, or granted.
        raise Retry(str(error)) from error
    except (NotReachable, Refused) as error:
        raise Failed(str(error)) from error
    except (Busy, HoldLost, RegionsError) as error:
        raise Retry(str(error)) from error


def _is_due(route: Route, revisions: Mapping[str, int | None]) -> bool:
    central_id = str(route.resource_id)
    if central_id not in revisions:
        return True
    if route.state != RouteState.ACTIVE:
        return datetime.now(UTC) - route.updated_at > _FORGOTTEN
    return route.revision != revisions[central_id]
