# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""A nudge: "look for jobs now", cast to any one worker over RabbitMQ.

It carries nothing, so that nothing is lost with it: workers look by themselves now
and then. Sending never waits, listening never keeps a worker from starting: RabbitMQ
may be away, or not be there at all.
"""

import logging
import threading
from collections.abc import Callable
from importlib import import_module
from typing import Protocol

from oslo_config import cfg
from oslo_service import backend

# oslo.messaging asks oslo.service for its base classes, whose default is eventlet.
# A process that has chosen already, like Neutron's, keeps its choice.
backend.register_backend_default_hook(lambda: backend.BackendType.THREADING)

import oslo_messaging  # noqa: E402 (after the choice above)

from tricircle.conf import messaging  # noqa: E402
from tricircle.jobs.errors import NudgeUnusable  # noqa: E402

LOG = logging.getLogger(__name__)

TOPIC = "tricircle-xjob"
_METHOD = "look"
#: Named, for each service has its own default: inside Neutron it is Neutron's.
_EXCHANGE = "tricircle"


class Nudger(Protocol):
    """Whoever can tell workers to look for jobs."""

    def nudge(self) -> None:
        """Tell some worker to look now. It returns at once and never raises."""


class Silence:
    """No nudges: workers find jobs when they look."""

    def nudge(self) -> None:
        """Do nothing."""


class Caster:
    """Casts nudges from a thread of its own; many at once become one.

    The thread begins with the first nudge, so it exists in the process that nudges,
    also if that was forked from one that did not.
    """

    def __init__(self, transport: oslo_messaging.Transport) -> None:
        target = oslo_messaging.Target(exchange=_EXCHANGE, topic=TOPIC)
        self._client = oslo_messaging.get_rpc_client(transport, target).prepare(retry=1)
        self._wanted = threading.Event()
        self._thread: threading.Thread | None = None

    def nudge(self) -> None:
        """Tell some worker to look now."""
        self._wanted.set()
        if self._thread is None or not self._thread.is_alive():
            self._thread = threading.Thread(target=self._run, name="nudge", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        while self._wanted.wait():
            self._wanted.clear()
            try:
                self._client.cast({}, _METHOD)
            except oslo_messaging.MessagingException as error:
                LOG.warning("A nudge is lost, workers will see later: %s", error)


class _Endpoint:
    def __init__(self, heard: Callable[[], None]) -> None:
        self._heard = heard

    def look(self, context: object) -> None:
        self._heard()


def transport(conf: cfg.ConfigOpts) -> oslo_messaging.Transport | None:
    """Return the transport that ``conf`` names, None if it wants no nudges.

    NudgeUnusable if it can't be used; whether anybody answers is not looked at.
    """
    if not conf[messaging.GROUP].nudge:
        return None
    _register_what_is_global(conf)
    try:
        return oslo_messaging.get_rpc_transport(conf)
    except oslo_messaging.MessagingException:
        # Its message would repeat the URL, which has a password in it.
        raise NudgeUnusable(
            "[DEFAULT] transport_url can't be used; write it like"
            " rabbit://USER:PASSWORD@HOST:5672/VIRTUAL_HOST, or set [messaging] nudge"
            " to false"
        ) from None


def _register_what_is_global(conf: cfg.ConfigOpts) -> None:
    """Register what oslo.messaging reads from ``conf`` but forgets to register there.

    It registers these sections on the global configuration only, and no public
    function names them; its own ``conffixture`` goes the same way.
    """
    for name in ("metrics", "tracing"):
        section = f"oslo_messaging_{name}"
        try:
            module = import_module(f"oslo_messaging._{name}.client")
        except ModuleNotFoundError:
            continue  # a release from before it had this section
        conf.register_opts(getattr(module, section), group=section)


def nudger(conf: cfg.ConfigOpts) -> Nudger:
    """Return what casts nudges as ``conf`` wants it; one is enough for a process."""
    found = transport(conf)
    return Silence() if found is None else Caster(found)


def listen(
    found: oslo_messaging.Transport, server: str, heard: Callable[[], None]
) -> None:
    """Call ``heard``, in a thread, on each nudge; ``server`` names this worker.

    It listens until the process ends, and connects again by itself.
    """
    target = oslo_messaging.Target(exchange=_EXCHANGE, topic=TOPIC, server=server)
    listener = oslo_messaging.get_rpc_server(found, target, [_Endpoint(heard)])
    # It does not return before RabbitMQ is there.
    threading.Thread(target=listener.start, name="listen", daemon=True).start()
