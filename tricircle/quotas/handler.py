# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""The kind of job ``quota``: a project's count agrees with what is in the pods."""

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import timedelta
from functools import partial
from typing import Any

from oslo_config import cfg
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tricircle.conf import placed as placed_conf
from tricircle.db.models import Account, Job, Pod, now
from tricircle.jobs.kinds import Context, Handler, Wish
from tricircle.jobs.lease import Lease
from tricircle.jobs.queue import enqueue
from tricircle.jobs.retry import Retry
from tricircle.pods import registry, routing
from tricircle.quotas.known import HOLD
from tricircle.quotas.listing import (
    BUILDING,
    COMPUTE,
    LISTS,
    SERVERS,
    VOLUME,
    Counted,
    Told,
    query,
    told_by,
)
from tricircle.quotas.recount import close, is_held, known, recount
from tricircle.regions.errors import Broken, RegionsError
from tricircle.regions.service import Service
from tricircle.regions.session import Regions, from_conf

#: The kind's name, as its entry point has it.
KIND = "quota"

#: Projects that one audit has recounted.
_AT_A_TIME = 100

_CATALOG = {COMPUTE: "compute", VOLUME: "block-storage"}


def wish(session: Session, project_id: str) -> None:
    """Have a project counted anew."""
    enqueue(session, KIND, project_id, None, project_id)


class QuotaHandler(Handler):
    """Recounts projects; ``connect`` makes the regions from the configuration."""

    def __init__(
        self, connect: Callable[[cfg.ConfigOpts], Regions] = from_conf
    ) -> None:
        self._connect = connect
        self._regions: Regions | None = None
        self._lock = threading.Lock()

    def reconcile(self, job: Job, lease: Lease, context: Context) -> None:
        """Count what the project has in all pods.

        What a pod can't tell stays as it was. A project that was never counted has
        made nothing that has a limit.
        """
        missing: list[str] = []
        for service in context.database.retried_read(
            partial(_accounts, job.resource_id)
        ):
            missing += self._count(job.resource_id, service, lease, context)
        if missing:
            raise Retry("; ".join(missing))

    def audit(self, context: Context) -> Iterable[Wish]:
        """Yield projects that were not counted since the last audit, some at a time.

        The longest forgotten come first: pods are not to be asked for all at once.
        """
        late = now() - timedelta(seconds=self.audit_interval(context))
        oldest = func.min(Account.counted_at)
        statement = (
            select(Account.project_id)
            .where(Account.counted_at < late)
            .group_by(Account.project_id)
            .order_by(oldest, Account.project_id)
            .limit(_AT_A_TIME)
        )
        for project_id in context.database.retried_read(
            lambda session: session.scalars(statement).all()
        ):
            yield Wish(KIND, project_id, None, project_id)

    def audit_interval(self, context: Context) -> float:
        """Return the seconds between audits."""
        seconds: float = context.conf[placed_conf.GROUP].compare_interval
        return seconds

    def _count(
        self, project_id: str, service: str, lease: Lease, context: Context
    ) -> list[str]:
        """Count a service's; return why some pods could not tell."""
        database, since = context.database, now()
        before = database.retried_read(lambda s: known(s, project_id, service))
        pods = database.retried_read(lambda s: registry.pods(s, with_central=False))
        told, missing = list[Told](), list[str]()
        for pod in pods:
            held = is_held(before, pod.id)
            try:
                told.append(self._told(pod, project_id, service, held, context.conf))
            except RegionsError as error:
                missing.append(str(error))
        lease.check()
        database.retried(lambda s: recount(s, project_id, service, since, before, told))
        if not missing:
            database.retried(lambda s: close(s, project_id, service))
        return missing

    def _told(
        self, pod: Pod, project_id: str, service: str, held: bool, conf: cfg.ConfigOpts
    ) -> Told:
        def listed(
            service: str, counted: Counted, only: Mapping[str, str] | None = None
        ) -> list[dict[str, Any]]:
            adapter = self._reach(conf).service(
                pod.name, _CATALOG[service], microversion=counted.version
            )
            return list(_items(adapter, counted, partial(query, project_id, only=only)))

        building = listed(COMPUTE, SERVERS, BUILDING) if held else []
        lists = {counted.type: listed(service, counted) for counted in LISTS[service]}
        return told_by(service, pod.id, project_id, lists, building)

    def _reach(self, conf: cfg.ConfigOpts) -> Regions:
        with self._lock:
            if self._regions is None:
                self._regions = self._connect(conf)
            return self._regions


def _items(
    adapter: Service, counted: Counted, query: Callable[[str | None], dict[str, str]]
) -> Iterator[dict[str, Any]]:
    after: str | None = None
    while True:
        page = adapter.get(counted.path, **query(after))
        items = page.get(counted.key)
        if not isinstance(items, list):
            raise Broken(f"GET {counted.path} of {adapter.name} has no list")
        yield from items
        if not items or items[-1]["id"] == after:
            return
        after = items[-1]["id"]


def _accounts(project_id: str, session: Session) -> list[str]:
    """The services in which a project is counted, or has something that must be."""
    statement = select(Account.service).where(Account.project_id == project_id)
    services = list(session.scalars(statement))
    if VOLUME not in services and routing.routes(
        session, project_id=project_id, resource_type=HOLD, limit=1
    ):
        services.append(VOLUME)
    return services
