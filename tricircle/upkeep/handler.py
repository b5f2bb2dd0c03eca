# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""The kind of job ``pod``."""

import random
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta

from oslo_config import cfg

from tricircle.conf import health as health_conf
from tricircle.db.models import Health, Job, now
from tricircle.jobs.kinds import Context, Handler, Wish
from tricircle.jobs.lease import Lease
from tricircle.jobs.retry import Again, Retry
from tricircle.pods import health, observation, registry
from tricircle.pods.errors import Conflict, PodNotFound
from tricircle.pods.health import Condition, Patience
from tricircle.pods.intent import is_settled
from tricircle.pods.membership import Membership
from tricircle.pods.outside import Aggregates as AnyAggregates
from tricircle.pods.outside import Prober as AnyProber
from tricircle.regions import session
from tricircle.regions.aggregates import REFUSALS, Aggregates
from tricircle.regions.errors import RegionsError
from tricircle.regions.probe import Prober
from tricircle.upkeep.wish import resume, wish

#: Whoever is at it has that long: the calls that are left to do are few and short.
_IN_HAND = timedelta(seconds=60)
#: A pod at which nobody looked for so many intervals has lost its job.
_LATE = 5


@dataclass(frozen=True)
class Outside:
    """The world outside, for all threads."""

    prober: AnyProber
    aggregates: AnyAggregates


def connect(conf: cfg.ConfigOpts) -> Outside:
    """Return the world that section ``[keystone]`` leads to. CredentialUnusable."""
    regions = session.from_conf(conf)
    return Outside(Prober(regions), Aggregates(regions))


class PodHandler(Handler):
    """Looks after pods; ``connect`` reaches the world outside, once.

    ``chance`` gives numbers from 0 to 1; ``in_hand`` is for how long whoever began
    something with a pod is left to complete it.
    """

    def __init__(
        self,
        connect: Callable[[cfg.ConfigOpts], Outside] = connect,
        chance: Callable[[], float] = random.random,
        in_hand: timedelta = _IN_HAND,
    ) -> None:
        self._connect = connect
        self._chance = chance
        self._in_hand = in_hand
        self._outside: Outside | None = None
        self._lock = threading.Lock()

    def reconcile(self, job: Job, lease: Lease, context: Context) -> None:
        """Complete what was begun with the pod, and look how it is."""
        section = context.conf[health_conf.GROUP]
        patience = Patience(section.falls, section.rises)
        try:
            outside = self._reach(context.conf)
            unfinished = self._finish(job, lease, context, outside)
            lease.check()
            _, condition = observation.look(
                context.database, outside.prober, job.resource_id, patience, resume
            )
        except PodNotFound:
            return
        except RegionsError as error:
            # Keystone's, or our credential's: it is the same for all pods, so that
            # none of them is to hurry.
            unknown = Condition(Health.UP, now())
            after = health.wait(unknown, section.interval, self._chance)
            raise Retry(str(error), after=after) from error
        if unfinished:
            raise Retry(unfinished)
        raise Again(health.wait(condition, section.interval, self._chance))

    def audit(self, context: Context) -> Iterable[Wish]:
        """Yield the pods that nobody has looked at for long."""
        interval = timedelta(seconds=context.conf[health_conf.GROUP].interval)
        late = now() - _LATE * interval
        for pod in context.database.retried_read(registry.pods):
            if pod.checked_at is None or pod.checked_at < late:
                yield wish(pod.id)

    def _finish(
        self, job: Job, lease: Lease, context: Context, outside: Outside
    ) -> str | None:
        """Complete what was begun; return what is in the way.

        PodNotFound if the pod has left; Again if someone is at it.
        """
        pod_id = job.resource_id
        pod = context.database.retried_read(
            lambda session: registry.get(session, pod_id)
        )
        if is_settled(pod):
            return None
        if now() - pod.updated_at < self._in_hand:
            raise Again(self._in_hand.total_seconds())
        membership = Membership(
            context.database,
            outside.prober,
            _Leased(outside.aggregates, lease),
            REFUSALS,
        )
        try:
            finished = membership.finish(pod_id)
        except (Conflict, RegionsError) as error:
            return f"pod {pod.name} is {pod.state}: {error}"
        if finished is None:
            raise PodNotFound(f"pod {pod.name} has left")
        return None

    def _reach(self, conf: cfg.ConfigOpts) -> Outside:
        with self._lock:
            if self._outside is None:
                self._outside = self._connect(conf)
            return self._outside


@dataclass(frozen=True)
class _Leased:
    """Aggregates, as long as the job is ours."""

    aggregates: AnyAggregates
    lease: Lease

    def ensure(self, region: str, name: str, zone: str, pod_id: str) -> int:
        self.lease.check()
        return self.aggregates.ensure(region, name, zone, pod_id)

    def remove(self, region: str, name: str, zone: str) -> None:
        self.lease.check()
        self.aggregates.remove(region, name, zone)
