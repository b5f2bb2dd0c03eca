# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""The physical world: hosts as network namespaces, switches, the Internet.

::

    tcl-pod1-host1         tcl-fabric (Linux bridges)        tcl-pod2-host1
      underlay  ---------- underlay  ----------------------- underlay   (overlays)
      dcivlan   ---------- dcivlan   ----------------------- dcivlan    (VLANs)
      external  ---------- external  ----------------------- external   (N-S)
                               |
                          tcl-internet: gateway of each pod's public range

The kernel here has no 802.1Q module, but its bridges carry tagged frames as any
others: the fabric is one big trunk. Nothing is made in the machine's own
namespace.
"""

from collections.abc import Iterable
from pathlib import Path

from lab.config.neutron import EXTERNAL
from lab.ovn import UPLINK_BRIDGES
from lab.shell import run
from lab.topology import (
    FABRIC_NAMESPACE,
    INTERNET_ADDRESS,
    INTERNET_NAMESPACE,
    NAMESPACE_PREFIX,
    Host,
    Topology,
)

_NAMESPACES = Path("/run/netns")
_RESOLVERS = Path("/etc/netns")


def build(topology: Topology) -> None:
    """Make the switches, the Internet, and a namespace for each host."""
    _make_namespace(FABRIC_NAMESPACE)
    for switch in UPLINK_BRIDGES:
        _make_switch(switch)
    _make_namespace(INTERNET_NAMESPACE)
    _connect(INTERNET_NAMESPACE, "eth0", EXTERNAL, "internet")
    _address(INTERNET_NAMESPACE, "lo", f"{INTERNET_ADDRESS}/32")
    for pod in topology.pods:
        _address(INTERNET_NAMESPACE, "eth0", f"{pod.external_gateway}/24")
    for host in topology.hosts:
        build_host(host)


def build_host(host: Host) -> None:
    """Make a host's namespace and its uplinks."""
    _make_namespace(host.namespace)
    for switch in UPLINK_BRIDGES:
        _connect(host.namespace, switch, switch, f"{host.port_prefix}-{switch}")


def namespaces() -> list[str]:
    """The namespaces on the machine that belong to a lab."""
    if not _NAMESPACES.exists():
        return []
    return sorted(path.name for path in _NAMESPACES.glob(f"{NAMESPACE_PREFIX}*"))


def remove(names: Iterable[str]) -> None:
    """Remove namespaces, and what lies in them with them."""
    for name in names:
        run(["ip", "netns", "delete", name])
        resolver = _RESOLVERS / name
        if resolver.is_dir():
            for file in resolver.iterdir():
                file.unlink()
            resolver.rmdir()


def _make_namespace(name: str) -> None:
    if name not in namespaces():
        run(["ip", "netns", "add", name])
    run(["ip", "-n", name, "link", "set", "lo", "up"])


def _make_switch(name: str) -> None:
    inside = ["ip", "-n", FABRIC_NAMESPACE, "link"]
    if not _has_link(FABRIC_NAMESPACE, name):
        run([*inside, "add", name, "type", "bridge", "mcast_snooping", "0"])
    run([*inside, "set", name, "up"])


def _connect(namespace: str, interface: str, switch: str, port: str) -> None:
    """Join ``interface`` of a namespace to a switch's port by a virtual cable."""
    fabric = ["ip", "-n", FABRIC_NAMESPACE, "link"]
    if not _has_link(namespace, interface):
        peer = ["peer", "name", interface, "netns", namespace]
        run([*fabric, "add", port, "type", "veth", *peer])
    run([*fabric, "set", port, "master", switch, "up"])
    run(["ip", "-n", namespace, "link", "set", interface, "up"])
    # Checksums that the "hardware" would fill in are never filled in by a veth.
    run(["ip", "netns", "exec", namespace, "ethtool", "-K", interface, "tx", "off"])


def _address(namespace: str, interface: str, address: str) -> None:
    run(["ip", "-n", namespace, "address", "replace", address, "dev", interface])


def _has_link(namespace: str, interface: str) -> bool:
    listing = run(["ip", "-n", namespace, "-brief", "link", "show"])
    return any(
        line.split()[0].split("@")[0] == interface for line in listing.splitlines()
    )
