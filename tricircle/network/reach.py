# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""What reconcilers reach: the database, and the Neutrons of all regions."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from oslo_config import cfg

from tricircle.conf import network as network_conf
from tricircle.db.engine import Database
from tricircle.db.models import Job, Pod
from tricircle.network.interconnect.bridge import Ranges
from tricircle.pods import registry
from tricircle.regions.network import NetworkClient, NetworkClients, Resource


@dataclass(frozen=True)
class Patience:
    """How long to wait, in seconds; ``tricircle.conf.network`` tells for what."""

    wait: float = 60.0
    takeover: float = 50.0
    settle: float = 600.0
    poll: float = 0.05

    @classmethod
    def of(cls, conf: cfg.ConfigOpts) -> "Patience":
        """Return what section ``[network]`` says."""
        section = conf[network_conf.GROUP]
        return cls(section.wait_time, section.takeover_time, section.settle_time)


def _always() -> None:
    """Check nothing."""


@dataclass(frozen=True)
class Reach:
    """The database and the regions, for all threads of a process.

    ``check`` is called right before each effect on a region, and raises if it must
    not happen: a job's lease, for example. ``job`` is the one that runs, if any.
    """

    database: Database
    clients: NetworkClients
    patience: Patience = field(default_factory=Patience)
    check: Callable[[], None] = _always
    ranges: Ranges = field(default_factory=Ranges)
    job: Job | None = None

    @cached_property
    def central(self) -> NetworkClient:
        """The central region's Neutron. PodNotFound if none is registered."""
        name = self.database.retried_read(lambda s: registry.central_region(s).name)
        return Fenced(self.clients.network(name), self.check)

    def pod(self, pod_id: str) -> Pod:
        """Return a pod by its id. PodNotFound."""
        return self.database.retried_read(lambda s: registry.get(s, pod_id))

    def runs(self, kind: str, resource_id: str, pod: Pod) -> bool:
        """Whether the job that runs is the one for a resource in a pod, or in all."""
        if self.job is None:
            return False
        same = (self.job.kind, self.job.resource_id) == (kind, resource_id)
        return same and self.job.pod_id in {None, pod.id}

    def neutron(self, pod: Pod, check: Callable[[], None] = _always) -> NetworkClient:
        """Return a pod's Neutron; ``check`` is asked before each effect, too."""

        def both() -> None:
            self.check()
            check()

        return Fenced(self.clients.network(pod.name), both)


class Fenced:
    """A client that asks whether it may, right before each effect."""

    def __init__(self, client: NetworkClient, check: Callable[[], None]) -> None:
        self._client = client
        self._check = check
        self.find = client.find
        self.get = client.get

    def create(self, kind: str, body: Mapping[str, Any]) -> Resource:
        """Make a resource, and return it."""
        self._check()
        return self._client.create(kind, body)

    def create_all(
        self, kind: str, bodies: Sequence[Mapping[str, Any]]
    ) -> list[Resource]:
        """Make several in one call: all of them, or none."""
        self._check()
        return self._client.create_all(kind, bodies)

    def update(
        self,
        kind: str,
        resource_id: str,
        changes: Mapping[str, Any],
        *,
        revision: int | None = None,
    ) -> Resource:
        """Change a resource, if it still has that ``revision``."""
        self._check()
        return self._client.update(kind, resource_id, changes, revision=revision)

    def act(
        self, kind: str, resource_id: str, action: str, body: Mapping[str, Any]
    ) -> Resource:
        """PUT ``body`` to an action of a resource, and return the resource."""
        self._check()
        return self._client.act(kind, resource_id, action, body)

    def delete(self, kind: str, resource_id: str) -> bool:
        """Delete a resource; return whether it was there."""
        self._check()
        return self._client.delete(kind, resource_id)

    def tag(self, kind: str, resource_id: str, tags: Sequence[str]) -> None:
        """Give a resource exactly these tags."""
        self._check()
        self._client.tag(kind, resource_id, tags)
