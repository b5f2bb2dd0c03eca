# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Reconcilers as kinds of jobs: one job for each resource and pod."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import ClassVar

from oslo_config import cfg

from tricircle.conf.network import GROUP
from tricircle.db.models import Job, Route, RouteState
from tricircle.jobs.kinds import Context, Handler, Wish
from tricircle.jobs.lease import Lease
from tricircle.jobs.retry import Again, Failed, Retry, Wait
from tricircle.network import members
from tricircle.network.errors import (
    Busy,
    CentralGone,
    Exhausted,
    HoldLost,
    Leaving,
    NotReachable,
    Taken,
)
from tricircle.network.interconnect.bridge import Ranges
from tricircle.network.reach import Patience, Reach
from tricircle.network.reconcilers import floating_ip, port_status
from tricircle.network.reconcilers.address_group import AddressGroupReconciler
from tricircle.network.reconcilers.base import Reconciler
from tricircle.network.reconcilers.members import MembersReconciler
from tricircle.network.reconcilers.network import NetworkReconciler
from tricircle.network.reconcilers.port import PortReconciler
from tricircle.network.reconcilers.qos_policy import QosPolicyReconciler
from tricircle.network.reconcilers.security_group import SecurityGroupReconciler
from tricircle.network.reconcilers.subnet import SubnetReconciler
from tricircle.pods import registry, routing
from tricircle.pods.errors import PodNotFound
from tricircle.regions.errors import Clash, Denied, NotThere, Refused, RegionsError
from tricircle.regions.network import NetworkClients, connect

#: A pod is looked at for a fifth of the time at most.
_REST = 4.0
#: What is on its way out of a pod is looked for again after that many seconds.
_LEAVING = 5.0
#: An intent that is older shows that someone died.
_FORGOTTEN = timedelta(minutes=2)


class ReconcilerHandler(Handler):
    """Runs a reconciler; ``connect`` makes the clients from the configuration."""

    reconciler: ClassVar[type[Reconciler]]
    #: Neutron's singular name of the central resource, if the kind is not that.
    noun: ClassVar[str] = ""

    def __init__(
        self, connect: Callable[[cfg.ConfigOpts], NetworkClients] = connect
    ) -> None:
        self._connect = connect
        self._clients: NetworkClients | None = None

    def reconcile(self, job: Job, lease: Lease, context: Context) -> None:
        """Make the resource's replica in the job's pod agree."""
        reach = self._reach(context, lease.check, job)
        with outcomes():
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
        # Without a central region there is nothing to compare with.
        with outcomes():
            found = reach.central.find(
                self.noun or kind, fields=["id", "revision_number"]
            )
            revisions = {one["id"]: one.get("revision_number") for one in found}
            routes = context.database.retried_read(
                lambda session: routing.routes(session, resource_type=kind)
            )
            yield from (_wish(one) for one in routes if _is_due(one, revisions))

    def _reach(
        self, context: Context, check: Callable[[], None], job: Job | None = None
    ) -> Reach:
        if self._clients is None:
            self._clients = self._connect(context.conf)
        patience = Patience.of(context.conf)
        ranges = Ranges.of(context.conf)
        return Reach(context.database, self._clients, patience, check, ranges, job)


class NetworkHandler(ReconcilerHandler):
    """The kind ``network``."""

    reconciler = NetworkReconciler


class SubnetHandler(ReconcilerHandler):
    """The kind ``subnet``."""

    reconciler = SubnetReconciler


class SecurityGroupHandler(ReconcilerHandler):
    """The kind ``security_group``."""

    reconciler = SecurityGroupReconciler

    def audit(self, context: Context) -> Iterable[Wish]:
        """Yield the default groups, too, that no port in their pod has any more."""
        yield from super().audit(context)
        routes = context.database.retried_read(
            lambda session: routing.routes(
                session, resource_type=self.reconciler.kind, state=RouteState.ACTIVE
            )
        )
        reach = self._reach(context, lambda: None)
        with outcomes():
            for route in SecurityGroupReconciler(reach).idle(routes):
                yield _wish(route)


class AddressGroupHandler(ReconcilerHandler):
    """The kind ``address_group``."""

    reconciler = AddressGroupReconciler


class MembersHandler(ReconcilerHandler):
    """The kind ``security_group_members``."""

    reconciler = MembersReconciler
    noun = "security_group"

    def audit(self, context: Context) -> Iterable[Wish]:
        """Yield those of groups that are gone, too, and those that do not agree."""
        yield from super().audit(context)
        routes = context.database.retried_read(
            lambda session: routing.routes(session, resource_type=members.KIND)
        )
        reach = self._reach(context, lambda: None)
        with outcomes():
            for route in MembersReconciler(reach).drifted(routes):
                yield _wish(route)


class QosPolicyHandler(ReconcilerHandler):
    """The kind ``qos_policy``."""

    reconciler = QosPolicyReconciler
    noun = QosPolicyReconciler.noun


class PortStatusHandler(ReconcilerHandler):
    """The kind ``port_status``: one job for each pod, which never ends."""

    reconciler = PortReconciler

    def __init__(
        self, connect: Callable[[cfg.ConfigOpts], NetworkClients] = connect
    ) -> None:
        super().__init__(connect)
        # By pod: when all of its ports have to be looked at. Another worker may have
        # looked meanwhile, which does no harm.
        self._due: dict[str, float] = {}

    def reconcile(self, job: Job, lease: Lease, context: Context) -> None:
        """Have jobs look after the ports that changed in the job's pod."""
        reach = self._reach(context, lease.check)
        interval: float = context.conf[GROUP].status_interval
        begun = time.monotonic()
        try:
            with outcomes():
                pod = reach.pod(str(job.pod_id))
                new = port_status.new_ports(reach, pod)
                if begun < self._due.get(pod.id, begun):
                    port_status.look_at(reach, pod, new)
                else:
                    port_status.look(reach, pod)
                    took = time.monotonic() - begun
                    self._due[pod.id] = time.monotonic() + interval + _REST * took
                now = time.monotonic()
                left = self._due[pod.id] - now
                raise Again(port_status.pause(new, left) + _REST * (now - begun))
        except Retry as retry:
            # A pod that is back has much to tell: no longer wait than usual.
            raise Retry(str(retry), after=interval) from retry

    def audit(self, context: Context) -> Iterable[Wish]:
        """Yield each pod: there may be a new one."""
        pods = context.database.retried_read(
            lambda session: registry.pods(session, with_central=False)
        )
        for pod in pods:
            yield Wish(port_status.KIND, pod.id, pod.id, "")


class PortHandler(ReconcilerHandler):
    """The kind ``port``."""

    reconciler = PortReconciler

    def reconcile(self, job: Job, lease: Lease, context: Context) -> None:
        """Make the replica agree; if it is gone, see to what leads to the port."""
        super().reconcile(job, lease, context)
        reach = self._reach(context, lease.check)
        with outcomes():
            floating_ip.wish_if_gone(reach, job.resource_id, str(job.pod_id))


@contextmanager
def outcomes() -> Iterator[None]:
    """Say what an error means for a job."""
    try:
        yield
    except (CentralGone, PodNotFound):
        # What is gone needs nothing: a job that saw it half is run again for that.
        return
    except Leaving as error:
        # That takes as long as it takes: no reason to come ever more seldom.
        raise Wait(str(error), after=_LEAVING) from error
    except (Clash, Denied, NotThere, Taken) as error:
        # It may fit later, when something else is gone, or there, or granted.
        raise Retry(str(error)) from error
    except (NotReachable, Refused) as error:
        raise Failed(str(error)) from error
    except (Busy, Exhausted, HoldLost, RegionsError) as error:
        raise Retry(str(error)) from error


def _wish(route: Route) -> Wish:
    resource_id = str(route.resource_id)
    return Wish(route.resource_type, resource_id, route.pod_id, route.project_id)


def _is_due(route: Route, revisions: Mapping[str, int | None]) -> bool:
    central_id = str(route.resource_id)
    if central_id not in revisions:
        return True
    if route.state != RouteState.ACTIVE:
        return datetime.now(UTC) - route.updated_at > _FORGOTTEN
    return route.revision != revisions[central_id]
