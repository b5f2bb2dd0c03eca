# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""``tricircle-api``: the operators' API.

It serves itself, or is served by any WSGI server through ``application``.
"""

import signal
import sys
import threading
from collections.abc import Sequence

from cheroot import wsgi
from keystoneauth1.exceptions.base import ClientException
from oslo_config import cfg
from oslo_policy import policy

from tricircle.admin import application as admin
from tricircle.admin.edge import Edge
from tricircle.admin.guard import guard
from tricircle.admin.operation import Services
from tricircle.cmd import configured
from tricircle.conf import admin as admin_conf
from tricircle.conf import database as database_conf
from tricircle.conf import health as health_conf
from tricircle.conf import keystone as keystone_conf
from tricircle.conf import messaging as messaging_conf
from tricircle.db import engine
from tricircle.db.errors import DatabaseError
from tricircle.jobs import nudge
from tricircle.jobs.errors import JobError
from tricircle.monitoring import server as metrics
from tricircle.pods.health import Patience
from tricircle.pods.membership import Membership
from tricircle.regions import session
from tricircle.regions.aggregates import REFUSALS, Aggregates
from tricircle.regions.errors import RegionsError
from tricircle.regions.probe import Prober
from tricircle.upkeep.wish import look_after, resume

_SECTIONS = (admin_conf, database_conf, health_conf, keystone_conf, messaging_conf)

#: Bytes of a request's headers; a token of Keystone has some hundreds.
_MAX_HEADERS = 16384
#: Seconds that a client may be silent, and that calls have to end when we stop.
_SILENCE = 30
_STOP = 60

#: What can be wrong with a configuration. ValueError is oslo's, for a value that it
#: refuses and for a policy file that is no YAML.
_UNUSABLE = (
    cfg.Error,
    ValueError,
    ClientException,
    DatabaseError,
    JobError,
    RegionsError,
    policy.InvalidDefinitionError,
)


def application(arguments: Sequence[str] = ()) -> Edge:
    """Return the WSGI application, for a server such as uWSGI or Gunicorn.

    ``arguments`` are those of the command line. Raises what is wrong with them or
    with the configuration.
    """
    return _application(_configured(arguments))


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until SIGTERM or SIGINT; return the exit status.

    0 when it was stopped, 1 if it can't listen, 2 if its configuration is wrong.
    ``arguments`` are the command line's without its name.
    """
    try:
        conf = _configured(arguments)
        app = _application(conf)
    except _UNUSABLE as error:
        print(f"tricircle-api: {error}", file=sys.stderr)
        return 2
    return _serve(conf, app)


def _configured(arguments: Sequence[str] | None) -> cfg.ConfigOpts:
    conf = configured.read("tricircle-api", _SECTIONS, arguments)
    # Values are checked when they are first read: that is to be now.
    dict(conf[admin_conf.GROUP])
    return conf


def _application(conf: cfg.ConfigOpts) -> Edge:
    database = engine.from_conf(conf)
    regions = session.from_conf(conf)
    section = conf[health_conf.GROUP]
    membership = Membership(
        database,
        Prober(regions),
        Aggregates(regions),
        REFUSALS,
        look_after,
        Patience(section.falls, section.rises),
        resume,
    )
    limit = conf[admin_conf.GROUP].max_limit
    services = Services(database, membership, nudge.nudger(conf), limit)
    return admin.application(conf, services, guard(conf))


def _serve(conf: cfg.ConfigOpts, app: Edge) -> int:
    section = conf[admin_conf.GROUP]
    server = wsgi.Server(
        (section.bind_host, section.bind_port),
        app,
        numthreads=section.threads,
        server_name="tricircle-api",
        request_queue_size=128,
        timeout=_SILENCE,
        shutdown_timeout=_STOP,
    )
    server.max_request_header_size = _MAX_HEADERS

    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())

    def serve() -> None:
        try:
            server.serve()
        finally:
            stopped.set()

    try:
        server.prepare()
        if section.metrics_port:
            address = (section.metrics_host, section.metrics_port)
            metrics.serve(app.tally.collectors, *address)
    except OSError as error:
        print(f"tricircle-api: {error}", file=sys.stderr)
        return 1
    # Not in this thread: stop() would wait here for the loop that it interrupts.
    serving = threading.Thread(target=serve, name="serve")
    serving.start()
    stopped.wait()
    server.stop()
    serving.join()
    return 0


if __name__ == "__main__":
    sys.exit(main())
