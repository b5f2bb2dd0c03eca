# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""What the lab consists of: regions, hosts, addresses. Pure data.

Everything that must be unique on the machine (addresses, namespaces) is derived
here from a region's place in the topology file, so that a new pod needs no more
than a name and a loopback address.
"""

import ipaddress
import re
import tomllib
from collections import Counter
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

from lab.errors import TopologyError

#: Every namespace of the lab starts so; nothing else on the machine should.
NAMESPACE_PREFIX = "tcl-"
#: The namespace that holds the physical world: switches between the hosts.
FABRIC_NAMESPACE = f"{NAMESPACE_PREFIX}fabric"
#: A machine on the Internet: router of the external networks, and a peer.
INTERNET_NAMESPACE = f"{NAMESPACE_PREFIX}internet"
#: The address in the Internet that servers can reach through SNAT.
INTERNET_ADDRESS = "198.51.100.1"

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]{0,8}")
_MAX_HOSTS = 4
_MAX_PODS = 20  # what fits into the underlay's addresses


class Port(IntEnum):
    """TCP ports: OpenStack's usual ones, others out of the usual ones' way."""

    KEYSTONE = 5000
    NOVA = 8774
    CINDER = 8776
    PLACEMENT = 8778
    GLANCE = 9292
    NEUTRON = 9696
    IMPORTED_IMAGES = 13080
    MEMCACHED = 13211
    MARIADB = 13306
    RABBITMQ = 13672
    RABBITMQ_DISTRIBUTION = 13673
    EPMD = 14369


@dataclass(frozen=True)
class Host:
    """A compute host of a pod: a network namespace with its own OVS and OVN."""

    pod: str
    pod_number: int
    number: int

    @property
    def name(self) -> str:
        """The host's name in Nova and OVN, ``pod1-host1``."""
        return f"{self.pod}-host{self.number}"

    @property
    def namespace(self) -> str:
        """The network namespace that is this host."""
        return NAMESPACE_PREFIX + self.name

    @property
    def underlay(self) -> str:
        """The host's address in the underlay, the end of its overlay tunnels."""
        return f"192.0.2.{self.pod_number * 10 + self.number}"

    @property
    def port_prefix(self) -> str:
        """How the fabric's ports to this host start: interface names are short."""
        return f"p{self.pod_number}h{self.number}"

    @property
    def is_gateway(self) -> bool:
        """Whether routers' gateways may be scheduled here: the first host only."""
        return self.number == 1


@dataclass(frozen=True)
class Region:
    """A Keystone region with its services on one loopback address."""

    name: str
    address: str
    release: str

    @property
    def slug(self) -> str:
        """The name in lower case, for files, databases and processes."""
        return self.name.lower()

    def url(self, port: Port, path: str = "") -> str:
        """The URL of this region's service on ``port``."""
        return f"http://{self.address}:{port:d}{path}"


@dataclass(frozen=True)
class Central(Region):
    """The region that users see; also the home of the shared services."""


@dataclass(frozen=True)
class Pod(Region):
    """A stock OpenStack behind Tricircle; ``number`` counts from 1."""

    number: int
    hosts: tuple[Host, ...]

    @property
    def external_cidr(self) -> str:
        """The pod's range of public addresses; ``.1`` is the Internet's router."""
        return f"172.24.{self.number}.0/24"

    @property
    def external_gateway(self) -> str:
        """The address of the Internet's router in :attr:`external_cidr`."""
        return f"172.24.{self.number}.1"


@dataclass(frozen=True)
class Topology:
    """The whole lab."""

    central: Central
    pods: tuple[Pod, ...]
    addition: str = ""
    """What is installed beside OpenStack, as ``MODULE:CLASS``."""

    @property
    def regions(self) -> tuple[Region, ...]:
        """The central region, then the pods."""
        return (self.central, *self.pods)

    @property
    def hosts(self) -> tuple[Host, ...]:
        """All compute hosts of all pods."""
        return tuple(host for pod in self.pods for host in pod.hosts)

    @property
    def releases(self) -> tuple[str, ...]:
        """The OpenStack releases in use, each once, the central one first."""
        return tuple(dict.fromkeys(region.release for region in self.regions))

    def region(self, name: str) -> Region:
        """The region called ``name``, in any case; TopologyError if there is none."""
        for region in self.regions:
            if region.slug == name.lower():
                return region
        known = ", ".join(region.name for region in self.regions)
        raise TopologyError(f"no region is called {name!r}; the topology has {known}")


def load(path: Path) -> Topology:
    """Read the topology file.

    Raises TopologyError, naming the file and the fault, if it can't be read or
    asks for something impossible.
    """
    try:
        raw = tomllib.loads(path.read_text())
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise TopologyError(f"cannot read the topology {path}: {error}") from error
    try:
        return parse(raw)
    except TopologyError as error:
        raise TopologyError(f"{path}: {error}") from error


def parse(raw: dict[str, object]) -> Topology:
    """Turn the parsed file into a topology; TopologyError says what is wrong."""
    _refuse_unknown("the file", raw, {"release", "addition", "central", "pods"})
    release = _text("the file", raw, "release")
    central_table = _table(raw.get("central"), "[central]")
    _refuse_unknown("[central]", central_table, {"name", "address"})
    central = Central(*_name_and_address("[central]", central_table), release)
    pod_tables = raw.get("pods", [])
    if not isinstance(pod_tables, list) or not pod_tables:
        raise TopologyError("it needs at least one [[pods]] table")
    if len(pod_tables) > _MAX_PODS:
        raise TopologyError(f"{len(pod_tables)} pods are more than {_MAX_PODS}")
    pods = tuple(
        _pod(number, _table(table, "[[pods]]"), release)
        for number, table in enumerate(pod_tables, start=1)
    )
    addition = _text("the file", {"addition": "-"} | raw, "addition").strip("-")
    topology = Topology(central, pods, addition)
    _refuse_repeated("name", [region.slug for region in topology.regions])
    _refuse_repeated("address", [region.address for region in topology.regions])
    return topology


def _pod(number: int, table: dict[str, object], default_release: str) -> Pod:
    where = f"[[pods]] number {number}"
    _refuse_unknown(where, table, {"name", "address", "hosts", "release"})
    name, address = _name_and_address(where, table)
    hosts = table.get("hosts", 1)
    if type(hosts) is not int or not 1 <= hosts <= _MAX_HOSTS:
        raise TopologyError(f"{where}: hosts must be 1 to {_MAX_HOSTS}, not {hosts!r}")
    release = _text(where, {"release": default_release} | table, "release")
    return Pod(
        name,
        address,
        release,
        number,
        tuple(Host(name.lower(), number, host) for host in range(1, hosts + 1)),
    )


def _name_and_address(where: str, table: dict[str, object]) -> tuple[str, str]:
    name = _text(where, table, "name")
    if not _NAME.fullmatch(name):
        raise TopologyError(
            f"{where}: name must be 1 to 9 letters and digits, not {name!r}"
        )
    address = _text(where, table, "address")
    try:
        loopback = ipaddress.IPv4Address(address).is_loopback
    except ipaddress.AddressValueError:
        loopback = False
    if not loopback:
        raise TopologyError(f"{where}: address must be in 127.0.0.0/8, not {address!r}")
    return name, address


def _text(where: str, table: dict[str, object], key: str) -> str:
    value = table.get(key)
    if not isinstance(value, str) or not value:
        raise TopologyError(f"{where}: {key} is missing, or not a text")
    return value


def _table(value: object, where: str) -> dict[str, object]:
    if not isinstance(value, dict):
        raise TopologyError(f"{where} is missing, or not a table")
    return value


def _refuse_unknown(where: str, table: dict[str, object], known: set[str]) -> None:
    unknown = sorted(set(table) - known)
    if unknown:
        raise TopologyError(
            f"{where}: unknown {', '.join(unknown)}; known are "
            f"{', '.join(sorted(known))}"
        )


def _refuse_repeated(what: str, values: list[str]) -> None:
    repeated = [value for value, count in Counter(values).items() if count > 1]
    if repeated:
        raise TopologyError(f"two regions have the same {what}, {repeated[0]}")
