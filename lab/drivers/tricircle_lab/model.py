# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""What a server of the lab is: its host, its NICs, its addresses; all immutable.

Host, Address, Nic, Guest   the nouns
nic_of                      reads Nova's network model
to_record, from_record      the record file, which the `lab` program reads too
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from ipaddress import ip_address
from typing import Any

#: The values of Guest.power.
RUNNING, PAUSED, SUSPENDED, SHUTDOWN = "running", "paused", "suspended", "shutdown"
#: States in which the guest is there, but nothing answers.
FROZEN = (PAUSED, SUSPENDED)


def namespace_of(uuid: str) -> str:
    """The name of the namespace that plays a server."""
    return f"tcl-vm-{uuid}"


@dataclass(frozen=True)
class Host:
    """A hypervisor: its name in Nova, its namespace and its OVS database."""

    name: str
    pod: str
    namespace: str
    ovsdb: str


@dataclass(frozen=True)
class Address:
    """An address of a port, with what its subnet says of it."""

    ip: str
    prefix: int
    automatic: bool = True
    gateway: str = ""
    routes: tuple[tuple[str, str], ...] = ()
    dns: tuple[str, ...] = ()

    @property
    def version(self) -> int:
        """4 or 6."""
        return ip_address(self.ip).version


@dataclass(frozen=True)
class Nic:
    """A port, plugged: `device` inside the guest, `tap` in the host."""

    port: str
    mac: str
    mtu: int = 1500
    config: tuple[Address, ...] = ()
    device: str = ""

    @property
    def tap(self) -> str:
        """The name that Nova gives the host's end of the link."""
        return f"tap{self.port[:11]}"


@dataclass(frozen=True)
class Guest:
    """A server."""

    uuid: str
    name: str
    project_id: str
    host: Host
    nics: tuple[Nic, ...] = ()
    volumes: dict[str, str] = field(default_factory=dict)
    power: str = SHUTDOWN

    @property
    def namespace(self) -> str:
        """The name of the namespace that plays this server."""
        return namespace_of(self.uuid)

    def nic(self, port: str) -> Nic | None:
        """The NIC of a port, if it is attached."""
        return next((nic for nic in self.nics if nic.port == port), None)

    def with_volume(self, device: str, path: str | None) -> "Guest":
        """The same with a volume at a device, or (None) without one."""
        rest = {at: volume for at, volume in self.volumes.items() if at != device}
        return replace(self, volumes=rest if path is None else rest | {device: path})

    def with_nics(self, nics: Iterable[Nic]) -> "Guest":
        """The same with these NICs: known ones keep their device."""
        devices = {nic.port: nic.device for nic in self.nics}
        placed: list[Nic] = []
        for nic in nics:
            taken = {*devices.values(), *(other.device for other in placed)}
            free = (f"eth{n}" for n in range(len(taken) + 1))
            new = next(device for device in free if device not in taken)
            placed.append(replace(nic, device=devices.get(nic.port) or new))
        return replace(self, nics=tuple(placed))


def nic_of(vif: Any) -> Nic:
    """A NIC as Nova's network model (nested dictionaries) describes it."""
    network = vif["network"]
    addresses = [
        _address_of(ip["address"], subnet)
        for subnet in network["subnets"]
        for ip in subnet["ips"]
    ]
    mtu = network.get("meta", {}).get("mtu") or 1500
    return Nic(vif["id"], vif["address"], int(mtu), tuple(addresses))


def _address_of(ip: str, subnet: Any) -> Address:
    meta = subnet.get("meta", {})
    # OVN has no DHCP ports: `enable_dhcp` tells. Without it, a try is worth it.
    dhcp = bool(meta.get("dhcp_server") or meta.get("enable_dhcp", True))
    if ip_address(ip).version == 6:  # only routers' advertisements are awaited
        dhcp = dhcp and meta.get("ipv6_address_mode") in ("slaac", "dhcpv6-stateless")
    return Address(
        ip=ip,
        prefix=int(subnet["cidr"].rpartition("/")[2]),
        automatic=dhcp,
        gateway=(subnet.get("gateway") or {}).get("address") or "",
        routes=tuple((r["cidr"], r["gateway"]["address"]) for r in subnet["routes"]),
        dns=tuple(server["address"] for server in subnet["dns"]),
    )


def to_record(guest: Guest) -> dict[str, Any]:
    """A guest as its record file has it; for its readers, not only for us."""
    return {
        "uuid": guest.uuid,
        "name": guest.name,
        "project_id": guest.project_id,
        "pod": guest.host.pod,
        "host": guest.host.name,
        "host_namespace": guest.host.namespace,
        "ovsdb": guest.host.ovsdb,
        "namespace": guest.namespace,
        "power": guest.power,
        "nics": [
            asdict(nic) | {"tap": nic.tap, "addresses": [a.ip for a in nic.config]}
            for nic in guest.nics
        ],
        "volumes": guest.volumes,
    }


def from_record(record: dict[str, Any]) -> Guest:
    """The guest of a record."""
    host = (record[key] for key in ("host", "pod", "host_namespace", "ovsdb"))
    nics = [
        Nic(
            **{key: nic[key] for key in ("port", "mac", "mtu", "device")},
            config=tuple(_address_from(address) for address in nic["config"]),
        )
        for nic in record["nics"]
    ]
    plain = {key: record[key] for key in ("uuid", "name", "project_id", "power")}
    return Guest(**plain, host=Host(*host), nics=tuple(nics), volumes=record["volumes"])


def _address_from(record: dict[str, Any]) -> Address:
    routes = tuple((to, via) for to, via in record["routes"])
    return Address(**record | {"routes": routes, "dns": tuple(record["dns"])})
