# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""The port on which a process shows its metrics, and how it is.

It is served from threads of its own: what the process counts is read while it counts
on, and a process that is stuck can still be asked.
"""

import socket
import threading
from collections.abc import Callable, Iterable
from http import HTTPStatus
from socketserver import ThreadingMixIn
from typing import TYPE_CHECKING, Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

import prometheus_client
from prometheus_client.registry import Collector, CollectorRegistry

from tricircle.monitoring import healthcheck

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

METRICS = "/metrics"

Ailment = Callable[[], str | None]
"""Says what is wrong with the process, or None."""


def serve(
    collectors: Iterable[Collector],
    host: str,
    port: int,
    ailment: Ailment | None = None,
) -> Callable[[], None]:
    """Serve the metrics of ``collectors`` and of the process; return what ends it.

    ``/healthcheck`` is served, too, if there is an ``ailment`` to ask. OSError if the
    port can't be had.
    """
    # When counting began is told by when the process did.
    prometheus_client.disable_created_metrics()  # type: ignore[no-untyped-call]
    registry = CollectorRegistry()
    for collector in collectors:
        registry.register(collector)
    prometheus_client.ProcessCollector(registry=registry)
    prometheus_client.GCCollector(registry=registry)
    try:
        server = _server(host, port)
    except OSError as error:
        where = f"metrics can't be shown on {host}, port {port}"
        raise OSError(error.errno, f"{where}: {error.strerror}") from error
    server.set_app(_application(prometheus_client.make_wsgi_app(registry), ailment))
    thread = threading.Thread(target=server.serve_forever, name="metrics", daemon=True)
    thread.start()

    def end() -> None:
        server.shutdown()
        server.server_close()
        thread.join()

    return end


def _application(
    metrics: "WSGIApplication", ailment: Ailment | None
) -> "WSGIApplication":
    def application(
        environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        path = environ.get("PATH_INFO")
        if path == METRICS:
            return metrics(environ, start_response)
        if path == healthcheck.PATH and ailment is not None:
            accept = environ.get("HTTP_ACCEPT", "")
            reply = healthcheck.reply(environ["REQUEST_METHOD"], accept, ailment())
        else:
            text = f"there is nothing here; see {METRICS}".encode()
            reply = healthcheck.Reply(HTTPStatus.NOT_FOUND, healthcheck.PLAIN, text)
        headers = [("Content-Type", reply.content_type)]
        start_response(f"{reply.status.value} {reply.status.phrase}", headers)
        return [reply.body]

    return application


class _Server(ThreadingMixIn, WSGIServer):
    """Its threads end with the process; who asks slowly keeps nobody waiting."""

    daemon_threads = True


class _Server6(_Server):
    address_family = socket.AF_INET6


class _Silent(WSGIRequestHandler):
    timeout = 30
    """Seconds that a client may be silent."""

    def log_message(self, format: str, *args: Any) -> None:
        """Write nothing: Prometheus asks all the time."""


def _server(host: str, port: int) -> WSGIServer:
    kind = _Server6 if ":" in host else _Server
    return kind((host, port), _Silent)
