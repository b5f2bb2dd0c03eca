# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Only pods that the networks reach."""

from typing import ClassVar

from tricircle.pods.request import Network, Request
from tricircle.pods.view import PodView


class NetworkReachFilter:
    """Keeps a network that can't span pods in its pod, and asks for the wire.

    A network of a type that is local to a pod lives where it was first realised,
    and in no second pod. One on a physical network needs a pod that has it.
    """

    is_lasting: ClassVar[bool] = False

    def refuse(self, request: Request, pod: PodView) -> str | None:
        """See ``contract.Filter``."""
        reasons = [_refuse(network, pod) for network in request.networks]
        return "; ".join(reason for reason in reasons if reason) or None


def _refuse(network: Network, pod: PodView) -> str | None:
    if network.is_local and network.pod_ids and pod.id not in network.pod_ids:
        return f"network {network.id} can't span pods and is in another one"
    if network.physical_network is None or pod.physical_networks is None:
        return None
    if network.physical_network in pod.physical_networks:
        return None
    return f"has no {network.physical_network}, on which network {network.id} is"
