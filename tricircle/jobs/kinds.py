# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""What a handler is, and where handlers come from.

A kind of job is an entry point in the group ``tricircle.jobs.kinds``: its name is the
kind, its object a ``Handler`` class. A worker only takes jobs of kinds that it knows,
so workers of two releases can run side by side.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points

from oslo_config import cfg

from tricircle.db.engine import Database
from tricircle.db.models import Job
from tricircle.jobs.errors import KindUnusable
from tricircle.jobs.lease import Lease

GROUP = "tricircle.jobs.kinds"
#: As long as the column.
_LONGEST_KIND = 32


@dataclass(frozen=True)
class Context:
    """What handlers work with: the same object for all runs of a worker."""

    conf: cfg.ConfigOpts
    database: Database


@dataclass(frozen=True)
class Wish:
    """What an audit found wanting: the arguments of ``queue.enqueue``."""

    kind: str
    resource_id: str
    pod_id: str | None
    project_id: str


class Handler(ABC):
    """Makes the resources of one kind agree.

    A worker makes one object, without arguments, and calls it from many threads at
    once, but never for one job twice at a time while leases hold.
    """

    @abstractmethod
    def reconcile(self, job: Job, lease: Lease, context: Context) -> None:
        """Make ``job.resource_id`` in pod ``job.pod_id`` agree; do nothing if it does.

        It is called in a thread of its own and may block; bound each wait. A run
        before it may have stopped anywhere, without a trace: look at what is there,
        not at what was done. Call ``lease.check()`` right before each effect outside
        the process, with nothing slow between, and let LeaseLost pass.

        Return when all agrees. Raise an outcome of ``tricircle.jobs.retry`` if not:
        ``Retry`` (not yet), ``Wait`` (not yet, but nothing is wrong), ``Failed`` (not
        before something changes), ``Again`` (yes, but look again later). Any other
        exception is logged with its traceback and tried again with the job's back-off.
        """

    def audit(self, context: Context) -> Iterable[Wish]:
        """Yield what is wanted: whatever does not, or might not, agree.

        It is called now and then by one worker of all, in a thread, and may take
        long; it must change nothing. What it yields is enqueued as it comes. It
        raises as ``reconcile`` does. A kind that does not define it has no audit.
        """
        return ()

    def audit_interval(self, context: Context) -> float | None:
        """Return the seconds from the end of one audit to the next.

        It is called at the end of each, so it must not block. None, for a kind that
        has no interval of its own: as section ``[jobs]`` says.
        """
        return None


def load() -> dict[str, Handler]:
    """Return a handler of each kind that is installed; KindUnusable."""
    return {point.name: _handler(point) for point in entry_points(group=GROUP)}


def audited(handlers: Mapping[str, Handler]) -> list[str]:
    """Return the kinds that define an audit."""
    return [
        kind
        for kind, handler in handlers.items()
        if type(handler).audit is not Handler.audit
    ]


def _handler(point: EntryPoint) -> Handler:
    where = f"entry point {point.name} = {point.value} of {GROUP}"
    if len(point.name) > _LONGEST_KIND:
        raise KindUnusable(f"{where}: a kind has at most {_LONGEST_KIND} characters")
    try:
        loaded = point.load()
    except (ImportError, AttributeError) as error:
        raise KindUnusable(f"{where} can't be loaded: {error}") from error
    if not (isinstance(loaded, type) and issubclass(loaded, Handler)):
        raise KindUnusable(f"{where} is no subclass of {Handler.__qualname__}")
    return loaded()
