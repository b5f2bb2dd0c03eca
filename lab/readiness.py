# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Waiting until services answer, and until OpenStack says that it is up."""

import math
import socket
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from typing import Any

from openstack.exceptions import raise_from_response

from lab.errors import ServiceError
from lab.paths import Paths
from lab.processes import Running, Service, find, last_words
from lab.topology import Pod

_POLL_SECONDS = 0.2
#: From the next microversion on, Nova asks each host how long it has been up, and waits
#: a minute in vain for one that has just left the topology.
_NO_UPTIME = "2.87"
#: How long a service may take on a busy machine.
PATIENCE_SECONDS = 300.0


def wait_until(
    what: str,
    condition: Callable[[], bool],
    paths: Paths,
    services: tuple[str, ...] = (),
) -> None:
    """Wait until ``condition`` holds; fail at once if one of ``services`` dies.

    ServiceError, with the end of the log, when a service has died or when
    :data:`PATIENCE_SECONDS` have passed.
    """
    deadline = time.monotonic() + PATIENCE_SECONDS
    missing: set[str] = set()
    while not condition():
        running = find(paths.root)
        gone = {name for name in services if not _runs(running.get(name))}
        # A process can't be seen in the moment in which it becomes another
        # program: only who is missed twice has died.
        for name in sorted(gone & missing):
            raise ServiceError(f"{name} has died; {last_words(name, paths)}")
        missing = gone
        if time.monotonic() > deadline:
            logs = "\n".join(last_words(name, paths) for name in services)
            raise ServiceError(
                f"{what} is not ready after {PATIENCE_SECONDS:.0f} s; {logs}"
            )
        time.sleep(_POLL_SECONDS)


def _runs(running: Running | None) -> bool:
    return running is not None and running.main is not None


def wait_listening(service: Service, paths: Paths) -> None:
    """Wait until the service accepts connections where it should."""

    def listening() -> bool:
        unix = service.socket is None or service.socket.exists()
        return unix and all(_accepts(*where) for where in service.listens)

    wait_until(service.name, listening, paths, (service.name,))


def wait_answering(service: Service, paths: Paths) -> None:
    """Wait until the API answers HTTP with anything but a server's error."""
    (address, port), *_ = service.listens
    wait_until(service.name, lambda: _answers(address, port), paths, (service.name,))


def wait_reported(
    what: str,
    reports: Callable[[], Iterable[Any]],
    services: Iterable[str],
    pod: Pod,
    paths: Paths,
) -> None:
    """Wait until each service has reported, since it started, that it is up.

    ``reports`` asks Nova or Cinder for its services. What they say of a service
    that was just restarted is stale for minutes, so the time of the report counts.
    """
    names = tuple(services)

    def up() -> bool:
        running = find(paths.root)
        seen = {
            _service_name(report, pod): _timestamp(report.updated_at)
            for report in reports()
            if report.state == "up" and report.updated_at
        }
        return all(seen.get(name, 0.0) >= _started(running.get(name)) for name in names)

    wait_until(what, up, paths, names)


def _service_name(report: Any, pod: Pod) -> str:
    """The lab's name of a service that Nova or Cinder reports on."""
    owner = report.host if report.binary == "nova-compute" else pod.slug
    return f"{owner}-{report.binary}"


def _timestamp(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


def _started(running: Running | None) -> float:
    """When a service started, in whole seconds as databases keep them."""
    if running is None or running.main is None:
        return math.inf
    return float(int(running.main.create_time()))


def wait_mapped(cloud: Any, pod: Pod, paths: Paths) -> None:
    """Wait until Nova's cell has every host.

    A host that is up, and in no cell yet, is chosen for servers, which end in ERROR.
    Hypervisors are listed only if their hosts are in a cell.
    """
    hosts = {host.name for host in pod.hosts}

    def mapped() -> bool:
        listed = cloud.compute.get("/os-hypervisors/detail", microversion=_NO_UPTIME)
        raise_from_response(listed)
        found = listed.json()["hypervisors"]
        return hosts <= {hypervisor["service"]["host"] for hypervisor in found}

    wait_until(
        f"the cell of {pod.name}", mapped, paths, (f"{pod.slug}-nova-scheduler",)
    )


def wait_agents(cloud: Any, pod: Pod, paths: Paths) -> None:
    """Wait until Neutron sees every host's ovn-controller alive."""
    hosts = {host.name for host in pod.hosts}

    def alive() -> bool:
        return hosts <= {
            agent.host for agent in cloud.network.agents() if agent.is_alive
        }

    wait_until(
        f"Neutron of {pod.name}",
        alive,
        paths,
        tuple(f"{host}-ovn-controller" for host in hosts),
    )


def _accepts(address: str, port: int) -> bool:
    try:
        with socket.create_connection((address, int(port)), timeout=2):
            return True
    except OSError:
        return False


def _answers(address: str, port: int) -> bool:
    connection = HTTPConnection(address, int(port), timeout=30)
    try:
        connection.request("GET", "/")
        return connection.getresponse().status < HTTPStatus.INTERNAL_SERVER_ERROR
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()
