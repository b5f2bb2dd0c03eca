# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""What is reached: the database, and the regions with the operator's credential."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from oslo_config import cfg

from tricircle.conf import placed as placed_conf
from tricircle.db.engine import Database
from tricircle.db.models import Pod
from tricircle.pods import registry
from tricircle.regions.network import NetworkClient, RegionsNetworkClients
from tricircle.regions.session import Regions


@dataclass(frozen=True)
class Patience:
    """How long to wait, in seconds; ``tricircle.conf.placed`` tells for what."""

    settle: float = 300.0
    deletion: float = 600.0

    @classmethod
    def of(cls, conf: cfg.ConfigOpts) -> "Patience":
        """Return what section ``[placed]`` says."""
        section = conf[placed_conf.GROUP]
        return cls(section.settle_time, section.deletion_time)

    def unsettled(self, since: datetime) -> float:
        """Return for how long a gateway may be at work on what was there then."""
        return self.settle - (datetime.now(UTC) - since).total_seconds()


def _always() -> None:
    """Check nothing."""


@dataclass(frozen=True)
class Reach:
    """The database and the regions, for all threads of a process.

    ``check`` is called right before each effect, and raises if it must not happen.
    """

    database: Database
    regions: Regions
    patience: Patience = field(default_factory=Patience)
    check: Callable[[], None] = _always

    def pod(self, pod_id: str) -> Pod:
        """Return a pod by its id. PodNotFound."""
        return self.database.retried_read(lambda s: registry.get(s, pod_id))

    def pods(self) -> list[Pod]:
        """Return all pods, without the central region."""
        return self.database.retried_read(
            lambda s: registry.pods(s, with_central=False)
        )

    def central(self) -> NetworkClient:
        """Return the central region's Neutron. PodNotFound if none is registered."""
        name = self.database.retried_read(lambda s: registry.central_region(s).name)
        return self._network(name)

    def neutron(self, pod: Pod) -> NetworkClient:
        """Return a pod's Neutron."""
        return self._network(pod.name)

    def _network(self, region: str) -> NetworkClient:
        return RegionsNetworkClients(self.regions).network(region)
