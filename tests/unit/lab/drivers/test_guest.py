# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Guests come, change, move and go, and leave nothing: on a machine that is played."""

import json
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tricircle_lab.guest import (
    PAUSED,
    RUNNING,
    SHUTDOWN,
    SUSPENDED,
    Address,
    CommandError,
    Guest,
    Guests,
    Host,
    Nic,
    Shell,
    nic_of,
)

ONE = Host("pod1-host1", "Pod1", "tcl-pod1-host1", "/run/one/db.sock")
TWO = Host("pod1-host2", "Pod1", "tcl-pod1-host2", "/run/two/db.sock")
NIC = Nic("aaaaaaaa-1111-2222", "fa:16:3e:00:00:01", 1442, (Address("10.0.0.5", 24),))
OTHER = Nic("bbbbbbbb-1111-2222", "fa:16:3e:00:00:02", 1442)
VM = Guest("u1", "vm1", "project", ONE, (NIC,), {"/dev/vda": "/volumes/1"})


class Machine(Shell):
    """Knows namespaces, links and OVS ports as far as the commands touch them."""

    def __init__(self) -> None:
        self.links: dict[str, dict[str, str]] = {ONE.namespace: {}, TWO.namespace: {}}
        self.peers: dict[tuple[str, str], tuple[str, str]] = {}
        self.ports: dict[str, dict[str, str]] = {ONE.ovsdb: {}, TWO.ovsdb: {}}
        self.processes: dict[str, list[str]] = {}
        self.files: dict[str, list[str]] = {}
        self.done: list[str] = []
        self.started: list[str] = []
        self.broken = ""

    def run(self, *argv: str, check: bool = True) -> str:
        line = " ".join(argv)
        self.done.append(line)
        if self.broken and self.broken in line:
            raise CommandError(argv, 1, "it is broken")
        match argv:
            case ("ip", "netns", verb, name):
                return self.netns(verb, name)
            case ("ip", "link", "add", tap, "netns", host, *_):
                self.add_link(tap, host, argv)
            case ("ip", "-n", namespace, "link", verb, *rest):
                return self.link(namespace, verb, rest)
            case ("kill", "-KILL", *pids):
                self.processes = {
                    name: [pid for pid in running if pid not in pids]
                    for name, running in self.processes.items()
                }
            case ("ovs-vsctl", database, _, *rest):
                self.ovs(database.removeprefix("--db=unix:"), rest)
        return ""

    def netns(self, verb: str, name: str) -> str:
        if verb == "add":
            self.links[name] = {"lo": "down"}
        if verb == "del":
            for link in list(self.links.pop(name)):
                self.drop(name, link)
        return "\n".join(self.processes.get(name, []))

    def add_link(self, tap: str, host: str, argv: tuple[str, ...]) -> None:
        words = argv[argv.index("peer") :]
        ends = (host, tap), (words[4], words[2])
        for namespace, name in ends:
            assert name not in self.links[namespace], "File exists"
            self.links[namespace][name] = "down"
        self.peers |= {ends[0]: ends[1], ends[1]: ends[0]}

    def link(self, namespace: str, verb: str, rest: list[str]) -> str:
        links = self.links[namespace]
        match verb, *rest:
            case "show", name:
                return name if name in links else ""
            case "del", name:
                self.drop(namespace, name)
            case "set", name, "netns", target:
                self.links[target][name] = links.pop(name) and "down"
                far = self.peers.pop((namespace, name))
                self.peers |= {(target, name): far, far: (target, name)}
            case "set", name, state:
                links[name] = state
        return ""

    def drop(self, namespace: str, name: str) -> None:
        self.links.get(namespace, {}).pop(name, None)
        far = self.peers.pop((namespace, name), None)
        if far:
            self.drop(*far)

    def ovs(self, database: str, rest: list[str]) -> None:
        match rest:
            case "--may-exist", "add-port", "br-int", tap, "--", *ids:
                self.ports[database][tap] = " ".join(ids)
            case "--if-exists", "del-port", "br-int", tap:
                self.ports[database].pop(tap, None)

    def start(self, *argv: str) -> None:
        self.started.append(" ".join(argv))
        self.processes.setdefault(argv[3], []).append(str(100 + len(self.started)))

    def has_namespace(self, name: str) -> bool:
        return name in self.links

    def resolvers(self, namespace: str, servers: Iterable[str]) -> None:
        self.files.setdefault(namespace, []).extend(servers)

    def forget_files(self, namespace: str) -> None:
        self.files.pop(namespace, None)

    def remains(self) -> list[Any]:
        """What there is beyond two empty hosts."""
        guests = self.links.keys() - {ONE.namespace, TWO.namespace}
        taps = [*self.links[ONE.namespace], *self.links[TWO.namespace]]
        ports = [tap for each in self.ports.values() for tap in each]
        running = [pid for pids in self.processes.values() for pid in pids]
        return [*guests, *taps, *ports, *running, *self.files]


@pytest.fixture
def machine() -> Machine:
    return Machine()


@pytest.fixture
def guests(tmp_path: Path, machine: Machine) -> Guests:
    return Guests(tmp_path, machine)


def boot(guests: Guests, guest: Guest = VM) -> Guest:
    built = guests.build(guest)
    guests.configure(built)
    return built


def vif(ip: str, cidr: str, **meta: Any) -> dict[str, Any]:
    """A VIF as Nova's network model has it."""
    subnet = {
        "cidr": cidr,
        "ips": [{"address": ip}],
        "gateway": {"address": "10.0.0.1"},
        "dns": [{"address": "9.9.9.9"}],
        "routes": [{"cidr": "192.0.2.0/24", "gateway": {"address": "10.0.0.9"}}],
        "meta": meta,
    }
    network = {"meta": {"mtu": 1442}, "subnets": [subnet]}
    return {"id": NIC.port, "address": NIC.mac, "network": network}


def test_a_built_guest_is_plugged_into_its_host(
    guests: Guests, machine: Machine
) -> None:
    guest = guests.build(VM)
    assert machine.links["tcl-vm-u1"] == {"lo": "up", "eth0": "up"}
    assert machine.links[ONE.namespace] == {"tapaaaaaaaa-11": "up"}
    ids = machine.ports[ONE.ovsdb]["tapaaaaaaaa-11"]
    for known in (
        f"external_ids:iface-id={NIC.port}",
        f'external_ids:attached-mac="{NIC.mac}"',
        "external_ids:iface-status=active",
        "external_ids:vm-uuid=u1",
    ):
        assert known in ids
    assert "ip netns exec tcl-vm-u1 ethtool -K eth0 tx off" in machine.done
    assert guests.power(guest) == RUNNING


def test_a_record_tells_others_where_a_server_is(
    guests: Guests, tmp_path: Path
) -> None:
    guests.build(VM)
    record = json.loads((tmp_path / "servers/u1.json").read_text())
    (nic,) = record.pop("nics")
    assert record == {
        "uuid": "u1",
        "name": "vm1",
        "project_id": "project",
        "pod": "Pod1",
        "host": "pod1-host1",
        "host_namespace": "tcl-pod1-host1",
        "ovsdb": "/run/one/db.sock",
        "namespace": "tcl-vm-u1",
        "power": "running",
        "volumes": {"/dev/vda": "/volumes/1"},
    }
    assert nic["port"] == NIC.port
    assert nic["mac"] == NIC.mac
    assert nic["tap"] == "tapaaaaaaaa-11"
    assert nic["device"] == "eth0"
    assert nic["addresses"] == ["10.0.0.5"]


def test_a_record_gives_back_what_was_saved(guests: Guests) -> None:
    address = Address("fd00::5", 64, False, "fd00::1", (("::/1", "fd00::2"),), ("::9",))
    built = guests.build(replace(VM, nics=(replace(NIC, config=(address,)), OTHER)))
    assert guests.load("u1") == built
    assert guests.list() == [built]
    assert guests.load("u2") is None


def test_building_twice_changes_nothing(guests: Guests, machine: Machine) -> None:
    assert guests.build(guests.build(VM)) == guests.load("u1")
    assert sum("link add" in line for line in machine.done) == 1


@pytest.mark.parametrize("step", ["netns add", "link add", "ethtool", "add-port"])
def test_a_half_made_guest_is_completed(
    guests: Guests, machine: Machine, step: str
) -> None:
    machine.broken = step
    with pytest.raises(CommandError, match=rf"{step}.* -> 1: it is broken"):
        guests.build(VM)
    machine.broken = ""
    guests.build(VM)
    assert machine.links["tcl-vm-u1"] == {"lo": "up", "eth0": "up"}
    assert list(machine.ports[ONE.ovsdb]) == ["tapaaaaaaaa-11"]


@pytest.mark.parametrize("step", ["netns add", "link add", "ethtool", "add-port"])
def test_a_half_made_guest_is_removed(
    guests: Guests, machine: Machine, step: str
) -> None:
    machine.broken = step
    with pytest.raises(CommandError):
        guests.build(VM)
    machine.broken = ""
    guests.destroy("u1")
    assert machine.remains() == []


def test_destroying_leaves_nothing(
    guests: Guests, machine: Machine, tmp_path: Path
) -> None:
    boot(guests)
    guests.destroy("u1")
    assert machine.remains() == []
    assert list((tmp_path / "servers").iterdir()) == []
    guests.destroy("u1")


def test_a_guest_outlives_its_host(guests: Guests, machine: Machine) -> None:
    boot(guests)
    machine.netns("del", ONE.namespace)
    assert guests.halt("u1")
    guests.destroy("u1")
    assert guests.list() == []


def test_dhcp_asks_in_the_background(guests: Guests, machine: Machine) -> None:
    boot(guests, replace(VM, nics=(NIC, OTHER)))
    (client,) = machine.started
    assert client.startswith("ip netns exec tcl-vm-u1 env CONSOLE=")
    assert "METRIC=100 busybox udhcpc -f -q -i eth0" in client
    assert Path(client.split()[-1]).name == "udhcpc.sh"
    assert Path(client.split()[-1]).exists()


def test_an_address_without_dhcp_is_set(guests: Guests, machine: Machine) -> None:
    nic = nic_of(vif("10.0.0.5", "10.0.0.0/24", enable_dhcp=False))
    boot(guests, replace(VM, nics=(nic,)))
    ip = "ip -n tcl-vm-u1 -4"
    assert f"{ip} address replace 10.0.0.5/24 dev eth0" in machine.done
    onlink = "dev eth0 onlink metric 100"
    assert f"{ip} route replace default via 10.0.0.1 {onlink}" in machine.done
    assert f"{ip} route replace 192.0.2.0/24 via 10.0.0.9 {onlink}" in machine.done
    assert machine.files["tcl-vm-u1"] == ["9.9.9.9"]
    assert machine.started == []


@pytest.mark.parametrize(
    ("ip", "meta", "automatic"),
    [
        ("10.0.0.5", {"enable_dhcp": True}, True),
        ("10.0.0.5", {"enable_dhcp": False}, False),
        ("10.0.0.5", {"enable_dhcp": False, "dhcp_server": "10.0.0.2"}, True),
        ("10.0.0.5", {}, True),
        ("fd00::5", {"enable_dhcp": True, "ipv6_address_mode": "slaac"}, True),
        (
            "fd00::5",
            {"enable_dhcp": True, "ipv6_address_mode": "dhcpv6-stateless"},
            True,
        ),
        (
            "fd00::5",
            {"enable_dhcp": True, "ipv6_address_mode": "dhcpv6-stateful"},
            False,
        ),
        ("fd00::5", {"enable_dhcp": True}, False),
        ("fd00::5", {"enable_dhcp": False}, False),
    ],
)
def test_who_sets_an_address(ip: str, meta: dict[str, Any], automatic: bool) -> None:
    (address,) = nic_of(vif(ip, "fd00::/64", **meta)).config
    assert address.automatic is automatic


def test_a_nic_is_what_nova_says() -> None:
    nic = nic_of(vif("10.0.0.5", "10.0.0.0/24", enable_dhcp=True))
    routes = (("192.0.2.0/24", "10.0.0.9"),)
    address = Address("10.0.0.5", 24, True, "10.0.0.1", routes, ("9.9.9.9",))
    assert nic == Nic(NIC.port, NIC.mac, 1442, (address,))


def test_a_network_without_mtu_or_gateway_will_do() -> None:
    poor = vif("10.0.0.5", "10.0.0.0/24")
    poor["network"]["meta"] = {}
    poor["network"]["subnets"][0]["gateway"] = None
    nic = nic_of(poor)
    assert (nic.mtu, nic.config[0].gateway) == (1500, "")


@pytest.mark.parametrize("power", [PAUSED, SUSPENDED])
def test_a_frozen_guest_keeps_all_but_its_carrier(
    guests: Guests, machine: Machine, power: str
) -> None:
    guest = boot(guests)
    guests.freeze("u1", power)
    assert machine.links[ONE.namespace] == {"tapaaaaaaaa-11": "down"}
    assert machine.links["tcl-vm-u1"]["eth0"] == "up"
    assert guests.load("u1") == replace(guest, power=power)
    guests.attach("u1", OTHER)
    assert machine.links[ONE.namespace]["tapbbbbbbbb-11"] == "down"
    guests.thaw("u1")
    assert set(machine.links[ONE.namespace].values()) == {"up"}


def test_a_halted_guest_is_but_a_record(guests: Guests, machine: Machine) -> None:
    guest = boot(guests)
    assert guests.halt("u1") == replace(guest, power=SHUTDOWN)
    assert machine.remains() == []
    assert b"Welcome to vm1" in guests.console("u1")
    boot(guests)
    assert machine.links["tcl-vm-u1"]["eth0"] == "up"


def test_a_guest_that_is_off_is_only_recorded(guests: Guests, machine: Machine) -> None:
    guests.build(VM, SHUTDOWN)
    guests.attach("u1", OTHER)
    assert machine.remains() == []
    recorded = guests.load("u1")
    assert recorded
    assert [nic.device for nic in recorded.nics] == ["eth0", "eth1"]


def test_a_reboot_of_the_machine_switches_guests_off(
    guests: Guests, machine: Machine
) -> None:
    guest = boot(guests)
    machine.netns("del", "tcl-vm-u1")
    assert guests.power(guest) == SHUTDOWN


def test_nics_take_the_lowest_free_device(guests: Guests, machine: Machine) -> None:
    boot(guests, replace(VM, nics=(NIC, OTHER)))
    guests.detach("u1", NIC.port)
    assert machine.links["tcl-vm-u1"] == {"lo": "up", "eth1": "up"}
    assert list(machine.ports[ONE.ovsdb]) == ["tapbbbbbbbb-11"]
    guest = guests.attach("u1", replace(NIC, port="cccccccc-1111-2222"))
    assert guest
    assert [nic.device for nic in guest.nics] == ["eth1", "eth0"]
    assert guests.build(replace(VM, nics=guest.nics)).nics == guest.nics


def test_attaching_and_detaching_twice_is_once(guests: Guests) -> None:
    boot(guests)
    assert guests.attach("u1", OTHER) == guests.attach("u1", OTHER)
    assert guests.detach("u1", OTHER.port) == guests.detach("u1", OTHER.port)


def test_a_moved_guest_keeps_its_own_end(guests: Guests, machine: Machine) -> None:
    boot(guests)
    machine.done.clear()
    moved = guests.move("u1", TWO)
    assert moved
    assert moved.host == TWO
    assert not any("link add" in line or "netns add" in line for line in machine.done)
    assert machine.links[ONE.namespace] == machine.ports[ONE.ovsdb] == {}
    assert machine.links[TWO.namespace] == {"tapaaaaaaaa-11": "up"}
    assert "iface-id" in machine.ports[TWO.ovsdb]["tapaaaaaaaa-11"]
    assert guests.move("u1", TWO) == moved


def test_a_paused_guest_moves_paused(guests: Guests, machine: Machine) -> None:
    boot(guests)
    guests.freeze("u1")
    moved = guests.move("u1", TWO)
    assert moved
    assert moved.power == PAUSED
    assert machine.links[TWO.namespace] == {"tapaaaaaaaa-11": "down"}


def test_volumes_are_recorded(guests: Guests) -> None:
    boot(guests)
    guests.volume("u1", "/dev/vdb", "/volumes/2")
    guest = guests.volume("u1", "/dev/vda", None)
    assert guest
    assert guest.volumes == {"/dev/vdb": "/volumes/2"}
    assert guests.volume("u1", "/dev/vdz", None) == guest


ACTIONS: list[Callable[[Guests], object]] = [
    lambda guests: guests.freeze("gone"),
    lambda guests: guests.thaw("gone"),
    lambda guests: guests.halt("gone"),
    lambda guests: guests.move("gone", TWO),
    lambda guests: guests.attach("gone", NIC),
    lambda guests: guests.detach("gone", NIC.port),
    lambda guests: guests.volume("gone", "/dev/vdb", "/volumes/2"),
    lambda guests: guests.destroy("gone"),
]


@pytest.mark.parametrize("action", ACTIONS)
def test_a_missing_guest_is_no_error(
    guests: Guests, action: Callable[[Guests], object]
) -> None:
    assert action(guests) is None
    assert guests.list() == []


def test_the_console_tells_of_the_boot_and_of_changes(guests: Guests) -> None:
    boot(guests)
    guests.attach("u1", OTHER)
    lines = guests.console("u1").decode().splitlines()
    assert len(lines) > 15
    assert lines[-1] == "[hotplug] eth1: added, fa:16:3e:00:00:02"
    assert guests.console("gone") == b""


def test_ports_that_are_late_are_named(guests: Guests, machine: Machine) -> None:
    guest = boot(guests)
    assert guests.await_ports(guest)
    machine.broken = "wait-until Interface tapaaaaaaaa-11"
    assert not guests.await_ports(guest, timeout=1)
    assert guests.console("u1").endswith(b"[ovn] eth0: no flows yet\n")


def test_a_failed_command_says_what_it_was() -> None:
    with pytest.raises(CommandError, match=r"^ls /nowhere/at/all -> 2: .*No such file"):
        Shell().run("ls", "/nowhere/at/all")
    with pytest.raises(CommandError, match="no-such-program"):
        Shell().run("no-such-program")
    assert Shell().run("ls", "/nowhere/at/all", check=False) == ""
