# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Subnets: the same addresses in each pod, of which the pod hands out one, to itself.

A pod's Neutron needs an address for its DHCP and metadata port. It takes it from the
allocation pool, which has one address only: a central port holds that, so that the
central region never gives it to anyone. Neutron removes such a port by itself when
its network is deleted.
"""

from collections.abc import Mapping
from typing import Any

from tricircle.db.models import Pod
from tricircle.network import translate
from tricircle.network.intents import Hold
from tricircle.network.reach import Reach
from tricircle.network.reconcilers.base import Reconciler
from tricircle.network.reconcilers.network import NetworkReconciler
from tricircle.regions.network import NetworkClient, Resource

#: The owner of such ports in a pod is ``network:distributed``; so it is here.
RESERVATION_OWNER = "network:distributed"
#: The detail of a subnet's route that says that its addresses follow from the MACs.
AUTOMATIC = "automatic"


class SubnetReconciler(Reconciler):
    """A subnet rests on its network, and on the address that the pod needs."""

    kind = "subnet"

    def __init__(self, reach: Reach, networks: NetworkReconciler | None = None) -> None:
        super().__init__(reach)
        self._networks = networks or NetworkReconciler(reach)

    def body(self, central: Resource, pod: Pod) -> dict[str, Any]:
        """Return what the replica shall be, with its network there."""
        network = self._networks.ensure(
            central["network_id"], pod, central["project_id"]
        )
        reserved = None
        if not translate.is_automatic(central):
            reserved = self._reserve(central, pod)
        return translate.subnet_body(central, str(network.pod_resource_id), reserved)

    def complete(
        self,
        neutron: NetworkClient,
        central: Resource,
        replica: Resource,
        hold: Hold,
        pod: Pod,
    ) -> Mapping[str, Any]:
        """Remember what ports must know of it."""
        return {AUTOMATIC: translate.is_automatic(central)}

    def removed(self, central_id: str, pod: Pod) -> None:
        """Give back the address."""
        for port in self._reservations(central_id, pod):
            self._reach.central.delete("port", port["id"])

    def _reserve(self, central: Resource, pod: Pod) -> str:
        """Return the address that the pod may use itself, the same each time."""
        there = self._reservations(central["id"], pod)
        port = there[0] if there else self._make_reservation(central, pod)
        return str(port["fixed_ips"][0]["ip_address"])

    def _make_reservation(self, central: Resource, pod: Pod) -> Resource:
        # It is the operator's: it does not count in the quota of the user.
        return self._reach.central.create(
            "port",
            {
                "network_id": central["network_id"],
                "fixed_ips": [{"subnet_id": central["id"]}],
                "device_owner": RESERVATION_OWNER,
                "device_id": reservation_id(central["id"], pod),
                "name": pod.name,
            },
        )

    def _reservations(self, central_id: str, pod: Pod) -> list[Resource]:
        return self._reach.central.find(
            "port",
            device_owner=RESERVATION_OWNER,
            device_id=reservation_id(central_id, pod),
        )


def reservation_id(central_id: str, pod: Pod) -> str:
    """Return the ``device_id`` of the port that holds a pod's address of a subnet."""
    return f"{pod.id}:{central_id}"
