# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""A project with servers in the corners of the cloud: two hosts in each of two pods.

Where a pod has one host only, both of its servers are on that. All share one network,
the flat one; each has a second one of its own, and one router leads between these and
outside. All of it is of both families.

`seats` says where, `build` makes it; `remove` and `remove_at_once` delete what was
made, one kind after the other in any order, or everything at the same time.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from typing import Any

from openstack.exceptions import ConflictException, NotFoundException

from lab.topology import Host, Pod
from tests.integration.bench import TOPOLOGY
from tests.integration.cloud import Cloud, zone_of
from tests.integration.servers import wait_for_address
from tests.integration.waiting import wait_for
from tricircle_lab.model import namespace_of

HERE, THERE = TOPOLOGY.pods[:2]
Seat = tuple[Pod, Host]
#: The first network's; the others have the next ones.
FLAT_CIDR = "10.83.1.0/24"
_PATIENCE_SECONDS = 240


@dataclass(frozen=True)
class Nic:
    """A port of the user's, with its addresses by IP version."""

    port: str
    mac: str
    addresses: dict[int, str]


@dataclass(frozen=True)
class Corner:
    """A server, in the only place where it may be."""

    pod: Pod
    host: Host
    server: str
    flat: Nic
    routed: Nic

    @property
    def namespace(self) -> str:
        return namespace_of(self.server)


@dataclass
class Stage:
    """What was made, by kind; the rest is how to find one's way in it.

    ``cloud`` is the project's user, ``operator`` an administrator in their project.
    ``external`` is the external network, in the first pod; it is not the project's.
    ``public`` has the floating address of each server.
    """

    cloud: Cloud
    operator: Any
    external: Any
    made: dict[str, list[Any]] = field(default_factory=lambda: defaultdict(list))
    corners: list[Corner] = field(default_factory=list)
    public: dict[str, str] = field(default_factory=dict)
    numbers: Iterable[int] = field(default_factory=lambda: count(1))

    @property
    def network(self) -> Any:
        """The user's Neutron."""
        return self.cloud.user.network

    @property
    def group(self) -> str:
        """The security group of all ports, which admits pings and TCP."""
        return str(self.made["group"][0])

    @property
    def others(self) -> set[str]:
        """The names of what is used and not the project's: pods have other ids."""
        return {f" {self.external.name} "}


def seats() -> list[Seat]:
    """A pod and a host of it for each server."""
    return [(pod, pod.hosts[end]) for pod in (HERE, THERE) for end in (0, -1)]


def build(stage: Stage, places: Sequence[Seat]) -> None:
    """Make everything; a half of the interfaces is added after the servers."""
    make_group(stage, "open", ["icmp", "tcp"])
    flat = _network(stage, "flat")
    routed = [_network(stage, f"routed-{number}") for number, _ in enumerate(places)]
    router = stage.network.create_router(
        name=stage.cloud.name("router"),
        external_gateway_info={"network_id": stage.external.id},
    )
    stage.made["router"].append(router.id)
    early, late = routed[::2], routed[1::2]
    for inside in early:
        _attach(stage, router.id, inside)
    with ThreadPoolExecutor(len(places)) as pool:
        made = pool.map(partial(_corner, stage, flat), routed, places)
        stage.corners.extend(made)
    for inside in late:
        _attach(stage, router.id, inside)
    for corner in stage.corners:
        publish(stage, corner)


def make_group(stage: Stage, what: str, protocols: Iterable[str] = ()) -> str:
    """A security group that admits some protocols, of both families."""
    group = stage.network.create_security_group(name=stage.cloud.name(what))
    stage.made["group"].append(group.id)
    for protocol in protocols:
        admit(stage, group.id, protocol=protocol)
        name = "ipv6-icmp" if protocol == "icmp" else protocol
        admit(stage, group.id, ether_type="IPv6", protocol=name)
    return str(group.id)


def admit(stage: Stage, group: str, **rule: Any) -> str:
    """A rule of a group; of IPv4 and to its members, if nothing else is said."""
    usual = {"direction": "ingress", "ether_type": "IPv4"}
    made = stage.network.create_security_group_rule(
        security_group_id=group, **(usual | rule)
    )
    return str(made.id)


def publish(stage: Stage, corner: Corner) -> None:
    """Give a server a floating address."""
    made = stage.network.create_ip(
        floating_network_id=stage.external.id, port_id=corner.routed.port
    )
    stage.made["floating_ip"].append(made.id)
    stage.public[corner.server] = str(made.floating_ip_address)


def _network(stage: Stage, what: str) -> Any:
    """A network with a subnet of each family."""
    number = next(iter(stage.numbers))
    made = stage.network.create_network(name=stage.cloud.name(what))
    stage.made["network"].append(made.id)
    for version, cidr in ((4, f"10.83.{number}.0/24"), (6, f"fd00:83:{number}::/64")):
        stage.network.create_subnet(
            network_id=made.id, name=made.name, ip_version=version, cidr=cidr
        )
    return stage.network.get_network(made.id)


def _attach(stage: Stage, router: str, inside: Any) -> None:
    for subnet in inside.subnet_ids:
        stage.network.add_interface_to_router(router, subnet=subnet)
        stage.made["interface"].append((router, subnet))


def _corner(stage: Stage, flat: Any, own: Any, seat: Seat) -> Corner:
    pod, host = seat
    # The first one has the default route.
    routed, shared = (_nic(stage, network, host) for network in (own, flat))
    server = stage.operator.compute.create_server(
        name=stage.cloud.name(f"on-{host.name}"),
        image_id=stage.cloud.image,
        flavor_id=stage.cloud.flavor,
        availability_zone=f"{zone_of(pod)}:{pod.name}~{host.name}",
        networks=[{"port": nic.port} for nic in (routed, shared)],
    )
    stage.made["server"].append(server.id)
    stage.cloud.wait_active(server.id)
    corner = Corner(pod, host, str(server.id), shared, routed)
    for nic in (routed, shared):
        wait_for_address(corner.namespace, nic.mac, nic.addresses[4])
    return corner


def _nic(stage: Stage, network: Any, host: Host) -> Nic:
    made = stage.network.create_port(
        network_id=network.id,
        name=stage.cloud.name(f"on-{host.name}"),
        security_groups=[stage.group],
    )
    stage.made["port"].append(made.id)
    found = [fixed["ip_address"] for fixed in made.fixed_ips]
    return Nic(made.id, made.mac_address, {6 if ":" in ip else 4: ip for ip in found})


def remove(stage: Stage, kinds: Iterable[str]) -> None:
    """Delete what was made, kind by kind; whatever is gone is gone."""
    for kind in kinds:
        _delete(stage, [(kind, one) for one in stage.made[kind]])


def remove_spare_groups(stage: Stage) -> None:
    """Delete all groups but the one of all ports."""
    spare = [("group", one) for one in stage.made["group"][1:]]
    _delete(stage, spare)
    _delete(stage, [("address_group", one) for one in stage.made["address_group"]])
    del stage.made["group"][1:], stage.made["address_group"][:]


def remove_at_once(stage: Stage) -> None:
    """Delete everything that was made, as if nothing rested on anything."""
    _delete(stage, [(kind, one) for kind in DELETES for one in stage.made[kind]])


def _delete(stage: Stage, things: Iterable[tuple[str, Any]]) -> None:
    left = list(things)

    def is_gone(thing: tuple[str, Any]) -> bool:
        """Whether there is nothing to delete any more; what is in use comes later."""
        kind, one = thing
        try:
            DELETES[kind](stage, one)
        except NotFoundException:
            return True
        except ConflictException:
            pass
        return False

    def are_gone() -> bool:
        with ThreadPoolExecutor(8) as pool:
            gone = dict(zip(left, pool.map(is_gone, left), strict=True))
        left[:] = [thing for thing in left if not gone[thing]]
        return not left

    wait_for(are_gone, f"{left} to be deleted", _PATIENCE_SECONDS)


def _detach(stage: Stage, interface: tuple[str, str]) -> None:
    router, subnet = interface
    stage.network.remove_interface_from_router(router, subnet=subnet)


_Delete = Callable[[Stage, Any], Any]
_SURE = {"ignore_missing": False}
DELETES: dict[str, _Delete] = {
    "server": lambda stage, id_: stage.cloud.user.compute.delete_server(id_, **_SURE),
    # Neutron keeps a floating IP that forwards anything.
    "forwarding": lambda stage, ids: stage.network.delete_port_forwarding(
        ids[1], ids[0], **_SURE
    ),
    "floating_ip": lambda stage, id_: stage.network.delete_ip(id_, **_SURE),
    "interface": _detach,
    "router": lambda stage, id_: stage.network.delete_router(id_, **_SURE),
    # Of a server, too: users may not take that away.
    "port": lambda stage, id_: stage.operator.network.delete_port(id_, **_SURE),
    "network": lambda stage, id_: stage.network.delete_network(id_, **_SURE),
    "group": lambda stage, id_: stage.network.delete_security_group(id_, **_SURE),
    "address_group": lambda stage, id_: stage.network.delete_address_group(
        id_, **_SURE
    ),
    "policy": lambda stage, id_: stage.operator.network.delete_qos_policy(id_, **_SURE),
}
