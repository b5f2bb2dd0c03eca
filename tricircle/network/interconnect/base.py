# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""What an interconnect driver says of a network."""

from collections.abc import Mapping
from typing import Any, Protocol

from tricircle.regions.network import Resource


class Interconnect(Protocol):
    """Carries networks of one type. Pure: it is asked in requests and in jobs."""

    spans_pods: bool
    """Whether replicas in several pods are one network; if not, one pod only has it."""

    def provider(self, network: Resource) -> Mapping[str, Any]:
        """Return the ``provider:`` attributes of a replica of the central network."""


class Local:
    """A type that ends at a pod's border, which carries it as it likes."""

    spans_pods = False

    def provider(self, network: Resource) -> Mapping[str, Any]:
        """Return the type only: the pod chooses the segment."""
        return {"provider:network_type": network["provider:network_type"]}
