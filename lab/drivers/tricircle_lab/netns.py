# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""The commands behind a guest: namespaces, links, OVS ports, addresses.

Shell              runs commands; tests put their own in its place
make, remove       a guest's namespace, with all that runs in it
plug, unplug       a NIC: a veth pair from the guest to the host's integration bridge
carry              whether the guest's links have a carrier
move               the host's end of a link, to another host
ready              whether OVN has finished a port on this host
configure          addresses: by DHCP, by the kernel, or as the port has them
counters           the statistics of a guest's links

Every function may be repeated, and starts from whatever an earlier try left.
"""

import json
import shlex
import shutil
import subprocess
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tricircle_lab.model import FROZEN, Address, Guest, Host, Nic

BRIDGE = "br-int"
NAMESPACES = Path("/run/netns")
NAMESPACE_FILES = Path("/etc/netns")
UDHCPC_SCRIPT = Path(__file__).with_name("udhcpc.sh")


class CommandError(Exception):
    """A command failed; says which, and what it had to say about it."""

    def __init__(self, argv: Iterable[str], status: object, stderr: str) -> None:
        super().__init__(f"{shlex.join(argv)} -> {status}: {stderr.strip()}")


class Shell:
    """Runs commands, and keeps the files that belong to namespaces."""

    def run(self, *argv: str, check: bool = True) -> str:
        """What a command prints; CommandError if it fails and that matters."""
        try:
            done = subprocess.run(
                argv, capture_output=True, text=True, timeout=60, check=False
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise CommandError(argv, type(error).__name__, str(error)) from error
        if check and done.returncode:
            raise CommandError(argv, done.returncode, done.stderr)
        return done.stdout

    def start(self, *argv: str) -> None:
        """Start a command that outlives its caller, and is not its child."""
        subprocess.run(
            ("setsid", "--fork", *argv),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=False,  # setsid has said all it can say: that it has forked
        )

    def has_namespace(self, name: str) -> bool:
        """Whether there is a network namespace of this name."""
        return (NAMESPACES / name).exists()

    def resolvers(self, namespace: str, servers: Iterable[str]) -> None:
        """Add name servers to the resolv.conf that a namespace's processes see."""
        path = NAMESPACE_FILES / namespace / "resolv.conf"
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a") as file:
            file.writelines(f"nameserver {server}\n" for server in servers)

    def forget_files(self, namespace: str) -> None:
        """Remove the files of a namespace."""
        shutil.rmtree(NAMESPACE_FILES / namespace, ignore_errors=True)


def make(shell: Shell, guest: Guest) -> None:
    """A guest's namespace; one that can't be entered (half made) is made anew."""
    up = ("ip", "-n", guest.namespace, "link", "set", "lo", "up")
    shell.resolvers(guest.namespace, ())
    if shell.has_namespace(guest.namespace):
        try:
            shell.run(*up)
        except CommandError:
            shell.run("ip", "netns", "del", guest.namespace)
        else:
            return
    shell.run("ip", "netns", "add", guest.namespace)
    shell.run(*up)


def remove(shell: Shell, namespace: str) -> None:
    """A namespace, its processes first: they would keep it alive, unnamed."""
    if shell.has_namespace(namespace):
        for _ in range(20):
            pids = shell.run("ip", "netns", "pids", namespace, check=False).split()
            if not pids:
                break
            shell.run("kill", "-KILL", *pids, check=False)
            time.sleep(0.05)
        shell.run("ip", "netns", "del", namespace)
    shell.forget_files(namespace)


def plug(shell: Shell, guest: Guest, nic: Nic) -> None:
    """A NIC: link, offload, OVS port; the carrier as the guest's power has it."""
    host = guest.host
    inside = ("ip", "-n", guest.namespace)
    if not _has_link(shell, guest.namespace, nic.device):
        unplug(shell, host, nic)  # what an earlier namespace left in OVS
        mtu = ("mtu", str(nic.mtu))
        far = ("name", nic.device, "netns", guest.namespace, "address", nic.mac)
        near = ("ip", "link", "add", nic.tap, "netns", host.namespace, *mtu)
        shell.run(*near, "type", "veth", "peer", *far, *mtu)
    # OVS's userspace datapath does not complete checksums left to the device.
    offload = ("ethtool", "-K", nic.device, "tx", "off")
    shell.run("ip", "netns", "exec", guest.namespace, *offload)
    shell.run(*inside, "link", "set", nic.device, "up")
    carry(shell, host, nic, on=guest.power not in FROZEN)
    add_port(shell, guest, nic)


def add_port(shell: Shell, guest: Guest, nic: Nic) -> None:
    """The port in OVS, with what OVN needs to know it."""
    known = {
        "iface-id": nic.port,
        "attached-mac": f'"{nic.mac}"',
        "iface-status": "active",
        "vm-uuid": guest.uuid,
    }
    ids = [f"external_ids:{key}={value}" for key, value in known.items()]
    add = ("--may-exist", "add-port", BRIDGE, nic.tap)
    _ovs(shell, guest.host, *add, "--", "set", "Interface", nic.tap, *ids)


def unplug(shell: Shell, host: Host, nic: Nic) -> None:
    """Neither port nor link; the guest's end goes with the host's."""
    if shell.has_namespace(host.namespace):
        _ovs(shell, host, "--if-exists", "del-port", BRIDGE, nic.tap)
        # Not left to the namespace's removal, which is finished some time later.
        shell.run("ip", "-n", host.namespace, "link", "del", nic.tap, check=False)


def carry(shell: Shell, host: Host, nic: Nic, on: bool) -> None:
    """Give a NIC its carrier, or take it away."""
    state = "up" if on else "down"
    shell.run("ip", "-n", host.namespace, "link", "set", nic.tap, state)


def move(shell: Shell, guest: Guest, nic: Nic, host: Host) -> None:
    """The host's end of a link to another host; the guest's end stays as it is."""
    old = guest.host
    _ovs(shell, old, "--if-exists", "del-port", BRIDGE, nic.tap)
    if _has_link(shell, old.namespace, nic.tap):
        set_ = ("ip", "-n", old.namespace, "link", "set", nic.tap)
        shell.run(*set_, "netns", host.namespace)


def ready(shell: Shell, host: Host, nic: Nic, timeout: int) -> bool:
    """Wait until OVN has installed a port's flows on its host."""
    until = ("wait-until", "Interface", nic.tap, "external_ids:ovn-installed=true")
    try:
        _ovs(shell, host, *until, timeout=timeout)
    except CommandError:
        return False
    return True


def configure(shell: Shell, guest: Guest, nic: Nic, console: Path) -> None:
    """Addresses, as a guest with a config drive gets them."""
    for address in nic.config:
        if not address.automatic:
            _set_address(shell, guest, nic, address)
    if any(address.automatic and address.version == 4 for address in nic.config):
        _start_dhcp(shell, guest, nic, console)


def counters(shell: Shell, guest: Guest) -> dict[str, dict[str, Any]]:
    """The statistics of a guest's devices: `rx` and `tx`, as `ip` has them."""
    show = ("ip", "-j", "-s", "-n", guest.namespace, "link", "show")
    links = json.loads(shell.run(*show, check=False) or "[]")
    return {link["ifname"]: link.get("stats64", {}) for link in links}


def _has_link(shell: Shell, namespace: str, name: str) -> bool:
    show = ("ip", "-n", namespace, "link", "show", name)
    return bool(shell.run(*show, check=False))


def _ovs(shell: Shell, host: Host, *argv: str, timeout: int = 30) -> None:
    shell.run("ovs-vsctl", f"--db=unix:{host.ovsdb}", f"--timeout={timeout}", *argv)


def _metric(nic: Nic) -> str:
    """The first NIC's routes win."""
    return str(100 + int(nic.device.removeprefix("eth")))


def _set_address(shell: Shell, guest: Guest, nic: Nic, address: Address) -> None:
    ip = ("ip", "-n", guest.namespace, f"-{address.version}")
    cidr = f"{address.ip}/{address.prefix}"
    flags = ("nodad",) if address.version == 6 else ()
    shell.run(*ip, "address", "replace", cidr, "dev", nic.device, *flags)
    routes = [*address.routes]
    if address.gateway:
        routes.append(("default", address.gateway))
    for to, via in routes:
        link = ("dev", nic.device, "onlink", "metric", _metric(nic))
        shell.run(*ip, "route", "replace", to, "via", via, *link)
    shell.resolvers(guest.namespace, address.dns)


def _start_dhcp(shell: Shell, guest: Guest, nic: Nic, console: Path) -> None:
    """A client that asks until it is answered, and then is done.

    The leases of the lab last longer than the lab's days: none is renewed.
    """
    variables = (
        f"CONSOLE={console}",
        f"RESOLV={NAMESPACE_FILES / guest.namespace / 'resolv.conf'}",
        f"METRIC={_metric(nic)}",
    )
    client = ("busybox", "udhcpc", "-f", "-q", "-i", nic.device)
    asking = ("-t", "10", "-T", "2", "-A", "3", "-O", "staticroutes", "-O", "mtu")
    command = ("env", *variables, *client, *asking, "-s", str(UDHCPC_SCRIPT))
    shell.start("ip", "netns", "exec", guest.namespace, *command)
