# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""What watches ``tricircle-gateway``, as its configuration has it."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from oslo_config import cfg

from tricircle.gateway.app import ByPort
from tricircle.gateway.line import Limits
from tricircle.gateway.observe.access_log import AccessLog
from tricircle.gateway.observe.exposition import Exposition, Sources
from tricircle.gateway.observe.healthcheck import Health
from tricircle.gateway.observe.observer import Observer
from tricircle.gateway.transport import Transport
from tricircle.monitoring import server

if TYPE_CHECKING:
    from tricircle.gateway.observe.tracing import TracedApp, Traces


class Watching:
    """All that watches one process, the ``number``-th from 0 on."""

    def __init__(self, conf: cfg.ConfigOpts, number: int) -> None:
        """Raises OSError if the access log can't be written, cfg.Error."""
        section = conf.gateway
        self._host = section.metrics_host
        self._port = section.metrics_port and section.metrics_port + number
        file = section.access_log
        self._access_log = AccessLog(Path(file)) if file else None
        self._traces = _traces(section.traces_endpoint, section.traces_ratio)
        self.observer = Observer(self._access_log)
        if self._traces is not None:
            from tricircle.gateway.observe.tracing import TracedObserver

            self.observer = TracedObserver(self._access_log)
        self.health = Health()

    def transport(self, limits: Limits, tls: ssl.SSLContext) -> Transport:
        """What calls regions."""
        if self._traces is None:
            return Transport(limits, tls)
        from tricircle.gateway.observe.tracing import TracedTransport

        return TracedTransport(self._traces, limits, tls)

    def app(self, app: ByPort) -> "ByPort | TracedApp":
        """What is served."""
        if self._traces is None:
            return app
        from tricircle.gateway.observe.tracing import TracedApp

        return TracedApp(app, self._traces)

    @asynccontextmanager
    async def running(self, sources: Sources) -> AsyncIterator[None]:
        """Watch until the end of the block; raises OSError if a port is not free."""
        end = None
        if self._port:
            end = server.serve([Exposition(sources)], self._host, self._port)
        try:
            async with asyncio.TaskGroup() as group:
                log = self._access_log
                writing = group.create_task(log.run()) if log is not None else None
                yield
                if writing is not None:
                    writing.cancel()
        finally:
            if self._access_log is not None:
                self._access_log.flush()
            if end is not None:
                await asyncio.to_thread(end)
            if self._traces is not None:
                await asyncio.to_thread(self._traces.close)


def _traces(endpoint: str | None, ratio: float) -> "Traces | None":
    if not endpoint:
        return None
    try:  # only now: it needs packages that others do without
        from tricircle.gateway.observe.tracing import Traces
    except ImportError as error:
        raise cfg.Error(
            f"[gateway] traces_endpoint needs what is not installed ({error}): pip"
            " install 'tricircle[traces]'"
        ) from error
    return Traces.to(endpoint, ratio)
