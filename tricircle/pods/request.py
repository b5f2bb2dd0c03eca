# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""What shall be placed: all that choosing a pod may depend on, as plain data."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Flavor:
    """What one server takes: virtual CPUs, memory in MiB, local disk in GiB."""

    id: str
    vcpus: int
    memory_mb: int
    disk_gb: int
    extra_specs: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Network:
    """A network that the server shall be on.

    ``is_local``: its type can't span pods, so that it lives in one pod only;
    ``pod_ids`` are the pods where it has been realised.
    """

    id: str
    is_local: bool
    pod_ids: frozenset[str] = frozenset()
    physical_network: str | None = None


@dataclass(frozen=True)
class Neighbour:
    """Something placed that the new resource must be beside: a volume to boot from."""

    resource_type: str
    id: str
    pod_id: str


@dataclass(frozen=True)
class Request:
    """A resource to place: whose, where, and what it needs.

    ``az_name`` is None if the user named no zone. ``count`` servers of ``flavor``
    are placed together. A volume has neither flavor nor networks.
    """

    project_id: str
    az_name: str | None = None
    flavor: Flavor | None = None
    networks: tuple[Network, ...] = ()
    beside: tuple[Neighbour, ...] = ()
    count: int = 1

    def __post_init__(self) -> None:
        """Refuse half a request."""
        if not self.project_id:
            raise ValueError("a request needs a project")
        if self.count < 1:
            raise ValueError(f"cannot place {self.count} resources")
