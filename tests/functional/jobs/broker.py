# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""A RabbitMQ for tests, with its own data and on ports that are free."""

import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from tests.functional.jobs.waiting import wait_for

_SERVER = "/usr/lib/rabbitmq/bin/rabbitmq-server"
_START_SECONDS = 90


def free_ports(number: int) -> list[int]:
    """TCP ports of 127.0.0.1 that nobody listens on."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(number)]
    ports = [made.getsockname()[1] for made in sockets]
    for made in sockets:
        made.close()
    return ports


class Broker:
    """A RabbitMQ that can be started and killed, again and again."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._port, self._epmd_port, self._distribution = free_ports(3)
        self._server: subprocess.Popen[bytes] | None = None
        self._log = home / "rabbitmq.log"
        self._configure()

    @property
    def url(self) -> str:
        """oslo.messaging's URL of it."""
        return f"rabbit://guest:guest@127.0.0.1:{self._port}/"

    @contextmanager
    def names(self) -> Iterator[None]:
        """Run Erlang's name server, which RabbitMQ would leave behind."""
        with self._popen(["epmd"]) as epmd:
            self._wait_listening(self._epmd_port)
            try:
                yield
            finally:
                self.kill()
                epmd.kill()

    def start(self) -> None:
        """Start it, and wait until it takes connections."""
        self._server = self._popen([_SERVER])
        self._wait_listening(self._port)

    def kill(self) -> None:
        """Kill it, with all its processes."""
        if self._server:
            os.killpg(self._server.pid, signal.SIGKILL)
            self._server.wait()
            self._server = None

    def _popen(self, command: list[str]) -> "subprocess.Popen[bytes]":
        with self._log.open("ab") as log:
            return subprocess.Popen(
                ["setpriv", "--pdeathsig=KILL", *command],
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def _configure(self) -> None:
        settings = {
            "listeners.tcp.1": f"127.0.0.1:{self._port}",
            "log.file": "false",
            "log.console": "true",
            "log.console.level": "warning",
            "vm_memory_high_watermark.absolute": "256MB",
            "disk_free_limit.absolute": "1MB",
            "distribution.listener.interface": "127.0.0.1",
            "distribution.listener.port_range.min": str(self._distribution),
            "distribution.listener.port_range.max": str(self._distribution),
        }
        lines = (f"{key} = {value}\n" for key, value in settings.items())
        (self._home / "rabbitmq.conf").write_text("".join(lines))
        (self._home / "enabled_plugins").write_text("[].\n")

    def _environment(self) -> dict[str, str]:
        home = str(self._home)
        return {
            "PATH": f"{os.environ['PATH']}:/usr/bin:/usr/sbin",
            "HOME": home,
            "LANG": "C.UTF-8",
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "ERL_EPMD_PORT": str(self._epmd_port),
            "RABBITMQ_NODENAME": "tricircle-test@localhost",
            "RABBITMQ_CONFIG_FILE": f"{home}/rabbitmq",
            "RABBITMQ_ENABLED_PLUGINS_FILE": f"{home}/enabled_plugins",
            "RABBITMQ_MNESIA_BASE": f"{home}/mnesia",
            "RABBITMQ_LOG_BASE": home,
            # Idle schedulers that spin would take half a core.
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": (
                "+sbwt none +sbwtdcpu none +sbwtdio none +S 1:1"
            ),
        }

    def _wait_listening(self, port: int) -> None:
        def listens() -> bool:
            with closing(socket.socket()) as probe:
                return probe.connect_ex(("127.0.0.1", port)) == 0

        words = f"{self._log}: port {port} to be listened on"
        wait_for(listens, words, _START_SECONDS)
