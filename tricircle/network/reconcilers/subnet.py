# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Subnets: the same addresses in each pod, of which the pod hands out one, to itself.

A pod's Neutron needs an address for its DHCP and metadata port. It takes it from the
allocation pool, which has one address only: a central port holds that, so that the
central region never gives it to anyone. Neutron removes such a port by itself when
its network is deleted.
"""

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy.orm import Session

from tricircle.db.models import Pod
from tricircle.jobs.queue import enqueue
from tricircle.network import translate
from tricircle.network.errors import Leaving
from tricircle.network.intents import Hold
from tricircle.network.reach import Reach
from tricircle.network.reconcilers.adopted import Adopting, is_adopted
from tricircle.network.reconcilers.network import NetworkReconciler
from tricircle.network.reconcilers.router_seats import RESERVATION_OWNER, InterfaceSeats
from tricircle.network.reconcilers.router_view import INTERFACE_OWNER
from tricircle.regions.errors import Clash
from tricircle.regions.network import NetworkClient, Resource

#: The detail of a subnet's route that says that its addresses follow from the MACs.
AUTOMATIC = "automatic"


class SubnetReconciler(Adopting):
    """A subnet rests on its network, and on the addresses that the pod needs."""

    kind = "subnet"

    def __init__(self, reach: Reach, networks: NetworkReconciler | None = None) -> None:
        super().__init__(reach)
        self._networks = networks or NetworkReconciler(reach)
        self._seats = InterfaceSeats(reach)

    def body(self, central: Resource, pod: Pod) -> dict[str, Any]:
        """Return what the replica shall be, with its network there."""
        network = self._networks.ensure(
            central["network_id"], pod, central["project_id"]
        )
        reserved = None
        if not translate.is_automatic(central):
            reserved = self._reserve(central, pod)
        shown = {**central, "gateway_ip": self._gateway(central, pod)}
        return translate.subnet_body(shown, str(network.pod_resource_id), reserved)

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

    def completed(self, central: Resource, pod: Pod) -> Callable[[Session], object]:
        """Have its routers come to the pod, too."""
        routers = {
            port["device_id"]: port["project_id"]
            for port in self._interfaces(f"subnet_id={central['id']}")
        }

        def work(session: Session) -> None:
            for router_id, project_id in sorted(routers.items()):
                enqueue(session, "router", router_id, None, project_id)

        return work

    def existing(
        self, neutron: NetworkClient, body: Mapping[str, Any]
    ) -> Resource | None:
        """Return the subnet of an operator's network that has the same range."""
        if not is_adopted(neutron.get("network", body["network_id"])):
            return None
        there = neutron.find("subnet", network_id=body["network_id"])
        return next((one for one in there if one["cidr"] == body["cidr"]), None)

    def delete(self, neutron: NetworkClient, replica_id: str) -> None:
        """Delete the replica. Leaving if those of ports have to go first."""
        try:
            super().delete(neutron, replica_id)
        except Clash as clash:
            users = neutron.find("port", fixed_ips=[f"subnet_id={replica_id}"])
            if any(map(translate.marked, users)):
                raise Leaving(str(clash)) from clash
            raise

    def removed(self, central_id: str, pod: Pod) -> None:
        """Give back the address."""
        for port in self._reservations(central_id, pod):
            self._reach.central.delete("port", port["id"])

    def _gateway(self, central: Resource, pod: Pod) -> str | None:
        """Return the gateway in the pod: that of the router's replica, if it has one.

        Anything else that has the central gateway's address is in the network once.
        """
        address: str | None = central["gateway_ip"]
        if address is None:
            return None
        there = (f"subnet_id={central['id']}", f"ip_address={address}")
        for port in self._interfaces(*there):
            return self._seats.take(port, pod)[central["id"]]
        return address

    def _interfaces(self, *fixed_ips: str) -> list[Resource]:
        return self._reach.central.find(
            "port", device_owner=INTERFACE_OWNER, fixed_ips=fixed_ips
        )

    def _reserve(self, central: Resource, pod: Pod) -> str:
        """Return the address that the pod may use itself, the same each time."""
        for port in self._reservations(central["id"], pod):
            if port["fixed_ips"]:
                break
            # Deleting the subnet was begun, and perhaps broken off.
            self._reach.central.delete("port", port["id"])
        else:
            port = self._make_reservation(central, pod)
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
