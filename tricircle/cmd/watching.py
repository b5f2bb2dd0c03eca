# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""What watches ``tricircle-gateway``, as its configuration has it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from oslo_config import cfg

from tricircle.gateway.observe import exposition
from tricircle.gateway.observe.access_log import AccessLog
from tricircle.gateway.observe.exposition import Sources
from tricircle.gateway.observe.healthcheck import Health
from tricircle.gateway.observe.observer import Observer


class Watching:
    """All that watches one process, the ``number``-th from 0 on."""

    def __init__(self, conf: cfg.ConfigOpts, number: int) -> None:
        """Raises OSError if the access log can't be written."""
        section = conf.gateway
        self._host = section.metrics_host
        self._port = section.metrics_port and section.metrics_port + number
        file = section.access_log
        self._access_log = AccessLog(Path(file)) if file else None
        self.observer = Observer(self._access_log)
        self.health = Health()

    @asynccontextmanager
    async def running(self, sources: Sources) -> AsyncIterator[None]:
        """Watch until the end of the block; raises OSError if a port is not free."""
        end = None
        if self._port:
            end = exposition.serve(sources, self._host, self._port)
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
