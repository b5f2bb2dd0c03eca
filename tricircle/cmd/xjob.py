# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""``tricircle-xjob``: a worker that runs jobs; start as many as you like."""

import signal
import sys
from collections.abc import Sequence

from oslo_config import cfg

from tricircle.cmd import configured
from tricircle.conf import database as database_conf
from tricircle.conf import health as health_conf
from tricircle.conf import jobs as jobs_conf
from tricircle.conf import keystone as keystone_conf
from tricircle.conf import messaging as messaging_conf
from tricircle.conf import network as network_conf
from tricircle.conf import placed as placed_conf
from tricircle.db import engine
from tricircle.db.errors import DatabaseError
from tricircle.jobs import kinds, nudge
from tricircle.jobs.errors import JobError
from tricircle.jobs.worker import Worker
from tricircle.monitoring import server
from tricircle.upkeep.exposition import Exposition

#: The engine's own sections, and those that our kinds of jobs read.
_SECTIONS = (
    database_conf,
    health_conf,
    jobs_conf,
    keystone_conf,
    messaging_conf,
    network_conf,
    placed_conf,
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run jobs until SIGTERM or SIGINT; return the exit status.

    0 if all jobs came to their end, 1 if some were left to others, 2 if it could
    not start. ``arguments`` are the command line's without its name.
    """
    try:
        conf = configured.read("tricircle-xjob", _SECTIONS, arguments)
        context = kinds.Context(conf, engine.from_conf(conf))
        transport = nudge.transport(conf)
        caster = nudge.Caster(transport) if transport else None
        worker = Worker(context, kinds.load(), caster)
        _show(context, worker)
    except (cfg.Error, ValueError, OSError, DatabaseError, JobError) as error:
        # A ValueError is oslo.config's for a value that it refuses.
        print(f"tricircle-xjob: {error}", file=sys.stderr)
        return 2
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: worker.stop())
    if transport:
        nudge.listen(transport, worker.name, worker.wake)
    return 0 if worker.run() else 1


def _show(context: kinds.Context, worker: Worker) -> None:
    """Show metrics and health until the process ends; OSError."""
    section = context.conf[jobs_conf.GROUP]
    if section.metrics_port:
        shown = [*worker.tally.collectors, Exposition(context.database)]
        address = (section.metrics_host, section.metrics_port)
        server.serve(shown, *address, worker.pulse.ailment)


if __name__ == "__main__":
    sys.exit(main())
