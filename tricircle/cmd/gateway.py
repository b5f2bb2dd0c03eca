# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""``tricircle-gateway``: the API that users see, Nova's and Cinder's.

``tricircle-gateway routes`` prints which paths it serves, and how.
"""

import asyncio
import gc
import ssl
import sys
from collections.abc import Awaitable, Callable, Sequence
from functools import partial

import uvicorn
import uvloop
from keystoneauth1 import exceptions, loading
from keystoneauth1.identity.base import BaseIdentityPlugin
from oslo_config import cfg

from tricircle.cmd import configured, ending, listening
from tricircle.cmd.pod_ports import RealisedPorts
from tricircle.cmd.watching import Watching
from tricircle.conf import database as database_conf
from tricircle.conf import gateway as gateway_conf
from tricircle.conf import keystone as keystone_conf
from tricircle.conf import messaging as messaging_conf
from tricircle.conf import network as network_conf
from tricircle.conf import scheduler as scheduler_conf
from tricircle.db import engine
from tricircle.db.engine import Database
from tricircle.db.errors import DatabaseError
from tricircle.gateway import listing
from tricircle.gateway.act import Actor
from tricircle.gateway.app import ByPort, Gateway
from tricircle.gateway.caller import Caller
from tricircle.gateway.central_ports import CentralPorts
from tricircle.gateway.client_wire import ClientConnection
from tricircle.gateway.errors import GatewayError, PodUnavailable
from tricircle.gateway.identity import Credential, Identities, Keystone, OwnToken
from tricircle.gateway.line import Limits
from tricircle.gateway.message import Patience
from tricircle.gateway.neutron import Neutron
from tricircle.gateway.observe.exposition import Sources
from tricircle.gateway.pod_servers import PodServers
from tricircle.gateway.quotas import StoredQuotas
from tricircle.gateway.services import SERVICES
from tricircle.gateway.services.compute import COMPUTE
from tricircle.gateway.services.volume import VOLUME
from tricircle.gateway.stores import StoredPlacement
from tricircle.gateway.transport import Transport
from tricircle.jobs import nudge
from tricircle.jobs.errors import JobError
from tricircle.network.reach import Patience as NetworkPatience
from tricircle.network.reach import Reach
from tricircle.network.realiser import Realiser
from tricircle.pods import scheduler
from tricircle.pods.errors import PluginUnusable
from tricircle.regions import network
from tricircle.regions.errors import RegionsError

_UNSTARTABLE = (
    cfg.Error,
    DatabaseError,
    GatewayError,
    JobError,
    OSError,
    PluginUnusable,
    RegionsError,
)
_SECTIONS = (
    database_conf,
    gateway_conf,
    keystone_conf,
    messaging_conf,
    network_conf,
    scheduler_conf,
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until SIGTERM or SIGINT; return the exit status.

    2 if it could not start. ``arguments`` are the command line's without its name.
    """
    if [*(sys.argv[1:] if arguments is None else arguments)] == ["routes"]:
        print("\n".join(listing.lines(SERVICES)))  # it needs no configuration
        return 0
    try:
        conf = configuration(arguments)
        workers = conf.gateway.workers
        listening.refuse_others(conf)
        if workers == 1:
            serve(conf)
            return 0
    except _UNSTARTABLE as error:
        print(f"tricircle-gateway: {error}", file=sys.stderr)
        return 2
    return ending.processes(workers, partial(_process, arguments))


def configuration(arguments: Sequence[str] | None) -> cfg.ConfigOpts:
    """Read the configuration; raises cfg.Error."""
    epilog = "tricircle-gateway routes: print which paths are served, and how"
    return configured.read("tricircle-gateway", _SECTIONS, arguments, epilog)


def serve(conf: cfg.ConfigOpts, number: int = 0) -> None:
    """Serve in this process, the ``number``-th; raises what a wrong configuration does.

    Until it serves, a signal ends it as it is.
    """
    ending.at_once()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(conf, number))


async def _serve(conf: cfg.ConfigOpts, number: int) -> None:
    section = conf.gateway
    database = engine.from_conf(conf)
    placement = StoredPlacement(
        database, scheduler.from_conf(conf), refresh=section.refresh_time
    )
    await placement.load()
    watching = Watching(conf, number)
    transport = watching.transport(limits(conf), _tls(conf))
    app, sources = build(conf, database, placement, transport, watching)
    sockets = listening.listen(conf)
    server = ending.Server(
        uvicorn.Config(
            watching.app(app),
            http=ClientConnection,
            ws="none",
            lifespan="off",
            interface="asgi3",
            access_log=False,
            log_config=None,
            server_header=False,
            proxy_headers=False,
            # Longer than a client is likely to pause, so that it can go on.
            timeout_keep_alive=75,
        )
    )
    # What is there now stays: the collector need not look at it each time.
    gc.collect()
    gc.freeze()
    # A call makes hundreds of objects, and nearly all go without the collector.
    gc.set_threshold(20_000, 20, 20)
    async with watching.running(sources), asyncio.TaskGroup() as group:
        background = group.create_task(placement.run())
        ending.in_good_order(server, watching.health.stopping, section.drain_time)
        await server.serve(sockets=sockets)
        background.cancel()
    await transport.aclose()


def build(
    conf: cfg.ConfigOpts,
    database: Database,
    placement: StoredPlacement,
    transport: Transport,
    watching: Watching,
) -> tuple[ByPort, Sources]:
    """Put the parts together; return what to serve, and what to show of it."""
    section = conf.gateway
    credential = Credential(_log_in(conf))
    keystone = Keystone(conf.keystone.auth_url, transport)
    identities = Identities(keystone, credential, ttl=section.token_cache_time)
    caller = Caller(placement, transport, credential, identities)
    pod_ports = RealisedPorts(Realiser(_reach(conf, database), nudge.nudger(conf)))
    realiser = CentralPorts(
        Neutron(placement, caller), pod_ports, PodServers(caller), placement.let_go
    )
    quotas = StoredQuotas(placement, caller)
    actor = Actor(placement, realiser, caller, quotas)
    gateways = {
        port: Gateway(
            service,
            actor,
            identities,
            public_url=public_url or "",
            observer=watching.observer,
        )
        for service, port, public_url in (
            (COMPUTE, section.compute_port, section.compute_public_url),
            (VOLUME, section.volume_port, section.volume_public_url),
        )
    }
    sources = Sources(
        watching.observer.tally,
        {"routes": placement.cache, "tokens": identities.cache},
        lambda: transport.lines,
        lambda: placement.pods,
    )
    return ByPort(gateways, watching.health), sources


def _reach(conf: cfg.ConfigOpts, database: Database) -> Reach:
    return Reach(database, network.connect(conf), NetworkPatience.of(conf))


def limits(conf: cfg.ConfigOpts) -> Limits:
    """How long and how much, as the configuration has it."""
    section = conf.gateway
    return Limits(
        connect=section.connect_timeout,
        first_byte={
            Patience.FANOUT: section.fanout_timeout,
            Patience.READ: section.read_timeout,
            Patience.WRITE: section.write_timeout,
        },
        concurrent=section.pod_concurrency,
        waiting=section.pod_backlog,
    )


def _tls(conf: cfg.ConfigOpts) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=conf.keystone.cafile)
    if conf.keystone.insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _log_in(conf: cfg.ConfigOpts) -> Callable[[], Awaitable[OwnToken]]:
    """Get the operator's token, in whichever way keystoneauth is configured to."""
    auth = loading.load_auth_from_conf_options(conf, keystone_conf.GROUP)
    if not isinstance(auth, BaseIdentityPlugin):
        raise cfg.RequiredOptError("auth_type", cfg.OptGroup(keystone_conf.GROUP))
    session = loading.load_session_from_conf_options(
        conf, keystone_conf.GROUP, auth=auth
    )

    def fetch() -> OwnToken:
        auth.invalidate()
        access = auth.get_access(session)
        if not access.auth_token or access.expires is None:
            raise exceptions.ClientException("there is no token in the answer")
        return OwnToken(
            access.auth_token, access.project_id or "", access.expires.timestamp()
        )

    async def log_in() -> OwnToken:
        try:
            return await asyncio.to_thread(fetch)
        except exceptions.ClientException as error:
            raise PodUnavailable(
                "Keystone gave the gateway no token. Its operator has to see to it."
            ) from error

    return log_in


def _process(arguments: Sequence[str] | None, number: int) -> None:
    serve(configuration(arguments), number)


if __name__ == "__main__":
    sys.exit(main())
