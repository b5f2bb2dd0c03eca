# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""An audit comes again after its kind's own time, or everyone's."""

from collections.abc import Iterable
from typing import cast

import pytest
from oslo_config import cfg

from tricircle.db.engine import Database
from tricircle.db.models import Job
from tricircle.jobs.audit import KIND, Audit
from tricircle.jobs.kinds import Context, Handler, Wish
from tricircle.jobs.lease import Lease
from tricircle.jobs.retry import Again


class Usual(Handler):
    def reconcile(self, job: Job, lease: Lease, context: Context) -> None:
        return None

    def audit(self, context: Context) -> Iterable[Wish]:
        return ()


class Often(Usual):
    def audit_interval(self, context: Context) -> float | None:
        return 60


@pytest.mark.parametrize(
    ("kind", "seconds"), [("usual", 600), ("often", 60), ("of a newer release", 10)]
)
def test_when_an_audit_comes_again(kind: str, seconds: float) -> None:
    audit = Audit({"usual": Usual(), "often": Often()}, 600)
    context = Context(cfg.ConfigOpts(), cast("Database", None))
    job = Job(kind=KIND, resource_id=kind)
    with pytest.raises(Again) as outcome:
        audit.reconcile(job, cast("Lease", None), context)
    assert outcome.value.after == seconds
