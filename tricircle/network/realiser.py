# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""What the gateway calls to have a central port in a pod.

All of it blocks: call it in a thread. The caller has shown that the user may have the
port; here the operator's credential is used.
"""

import logging
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager

from sqlalchemy.orm import Session

from tricircle.jobs.nudge import Nudger, Silence
from tricircle.jobs.queue import enqueue
from tricircle.network import members
from tricircle.network.errors import RealiseError
from tricircle.network.reach import Reach
from tricircle.network.reconcilers.port import PortReconciler
from tricircle.network.reconcilers.security_group import SecurityGroupReconciler
from tricircle.pods import routing
from tricircle.regions.errors import RegionsError

LOG = logging.getLogger(__name__)


class Realiser:
    """Realises ports, for all threads of a process.

    ``nudger`` tells workers of what follows: other pods have to admit the port.
    """

    def __init__(self, reach: Reach, nudger: Nudger | None = None) -> None:
        self._reach = reach
        self._nudger = nudger or Silence()
        self._ports = PortReconciler(reach)
        self._groups = SecurityGroupReconciler(reach)

    def realise_port(self, port_id: str, pod_id: str, project_id: str) -> str:
        """Return the pod's id of a central port, with all that it rests on there.

        It may be called again, at the same time too: the port is made once. Errors
        are RealiseError, RegionsError, DatabaseUnavailable and PodNotFound; after one,
        a job removes or finishes what is there.
        """
        route = self._ports.ensure(port_id, self._reach.pod(pod_id), project_id)
        self._nudger.nudge()
        return str(route.pod_resource_id)

    def realise_security_group(
        self, group_id: str, pod_id: str, project_id: str
    ) -> str:
        """Return the pod's id of a central security group, with its rules there."""
        route = self._groups.ensure(group_id, self._reach.pod(pod_id), project_id)
        return str(route.pod_resource_id)

    def refresh_port(self, port_id: str, pod_id: str) -> None:
        """Make a port's replica agree now, as a job would in a moment.

        PodNotFound; what goes wrong in a region is for the job.
        """
        with _left_to_a_job(f"Port {port_id} does not agree in its pod yet"):
            self._ports.reconcile(port_id, self._reach.pod(pod_id))

    def release_port(self, port_id: str, pod_id: str) -> None:
        """Have the port's replica removed from the pod: now, or by a job.

        The central port stays, and shows that it is free. May run twice. What goes
        wrong in the pod is for the job; DatabaseUnavailable and PodNotFound are raised.
        """

        def work(session: Session) -> None:
            members.leave(session, port_id, pod_id)
            for route in routing.find(session, "port", port_id, pod_id):
                enqueue(session, "port", port_id, pod_id, route.project_id)

        self._reach.database.retried(work)
        with _left_to_a_job(f"Port {port_id} is not out of its pod yet"):
            # An address that is free in the central region must be free in the pod.
            self._ports.remove(port_id, self._reach.pod(pod_id))
        self._nudger.nudge()

    def pod_ids(
        self, kind: str, central_ids: Collection[str], pod_id: str
    ) -> Mapping[str, str]:
        """Return the pod's ids by the central ones; unknown ones are left out."""
        routes = self._reach.database.retried_read(
            lambda session: routing.find_many(session, kind, central_ids, pod_id)
        )
        return {
            str(r.resource_id): r.pod_resource_id for r in routes if r.pod_resource_id
        }

    def central_ids(
        self, kind: str, pod_ids: Collection[str], pod_id: str
    ) -> Mapping[str, str]:
        """Return the central ids by the pod's; unknown ones are left out."""
        routes = self._reach.database.retried_read(
            lambda session: routing.find_by_pod_resources(
                session, kind, pod_id, pod_ids
            )
        )
        return {str(r.pod_resource_id): str(r.resource_id) for r in routes}


@contextmanager
def _left_to_a_job(state: str) -> Iterator[None]:
    """Let a job, which is there, do what goes wrong here; ``state`` is for the log."""
    try:
        yield
    except (RealiseError, RegionsError) as error:
        LOG.warning("%s: %s", state, error)
