# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""The periodic audit: a kind of job, about the other kinds.

Each kind that defines an audit has one job of kind ``audit``, whose resource is that
kind's name. So an audit is leased, backs off, shows its last error and can be redone
like any other job; one worker runs it at a time; and it comes again by ``Again``.
"""

import logging
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import partial
from itertools import islice

from sqlalchemy import select
from sqlalchemy.orm import Session

from tricircle.db.models import Job
from tricircle.jobs.kinds import Context, Handler, Wish, audited
from tricircle.jobs.lease import Lease
from tricircle.jobs.queue import enqueue
from tricircle.jobs.retry import Again

LOG = logging.getLogger(__name__)

KIND = "audit"
#: How many wishes one transaction takes.
_BATCH = 50
#: Seconds after which a worker of another release may take an audit that is not ours.
_FOR_OTHERS = 10.0


class Audit(Handler):
    """Asks a kind what is wanted and enqueues that.

    It does so every ``seconds``, unless the kind has an interval of its own.
    """

    def __init__(self, handlers: Mapping[str, Handler], seconds: float) -> None:
        self._handlers = handlers
        self._seconds = seconds

    def reconcile(self, job: Job, lease: Lease, context: Context) -> None:
        """Audit the kind that ``job.resource_id`` names."""
        handler = self._handlers.get(job.resource_id)
        if handler is None:
            raise Again(_FOR_OTHERS)
        found = 0
        for wishes in _batches(handler.audit(context)):
            lease.check()
            context.database.retried(partial(_put, wishes))
            found += len(wishes)
        if found:
            LOG.info("The audit of %s enqueued %d jobs", job.resource_id, found)
        own = handler.audit_interval(context)
        raise Again(self._seconds if own is None else own)


def ensure(session: Session, handlers: Mapping[str, Handler]) -> None:
    """See to it that each audited kind has its job."""
    there = set(session.scalars(select(Job.resource_id).where(Job.kind == KIND)))
    for kind in audited(handlers):
        if kind not in there:
            enqueue(session, KIND, kind, None, "")


def _batches(wishes: Iterable[Wish]) -> Iterator[Collection[Wish]]:
    remaining = iter(wishes)
    while batch := list(islice(remaining, _BATCH)):
        yield batch


def _put(wishes: Iterable[Wish], session: Session) -> None:
    # In one order, or two who enqueue the same would wait for each other.
    ordered = sorted(wishes, key=lambda w: (w.kind, w.resource_id, w.pod_id or ""))
    for wish in ordered:
        enqueue(session, wish.kind, wish.resource_id, wish.pod_id, wish.project_id)
