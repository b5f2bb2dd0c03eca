# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""The servers of a machine: their records, and what is done with them.

A guest is a network namespace, plugged into its host's OVS. It answers pings, gets
its addresses as a virtual machine would, and can be entered (`ip netns exec`).
Pausing it takes its links' carriers away; migrating it live moves the far end of
its links, so it keeps its addresses.

Guests      records and life; `model` says what a guest is, `netns` has the commands

The records are shared by all hosts of a machine, one file a server. First comes
the record, then the deed: so what is half made can be completed, or removed.
"""

import json
import os
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from tricircle_lab import netns
from tricircle_lab.model import (
    PAUSED,
    RUNNING,
    SHUTDOWN,
    SUSPENDED,
    Address,
    Guest,
    Host,
    Nic,
    from_record,
    namespace_of,
    nic_of,
    to_record,
)
from tricircle_lab.netns import CommandError, Shell

__all__ = [
    "PAUSED",
    "RUNNING",
    "SHUTDOWN",
    "SUSPENDED",
    "Address",
    "CommandError",
    "Guest",
    "Guests",
    "Host",
    "Nic",
    "Shell",
    "nic_of",
]

CONSOLE_BYTES = 100 * 1024


def banner(guest: Guest) -> list[str]:
    """What a kernel says when it boots, as far as it is true of a guest."""
    return [
        "[    0.000000] Booting a server's stand-in: a network namespace",
        f"[    0.000000] Command line: server={guest.name} uuid={guest.uuid}",
        f"[    0.000000] Hypervisor: {guest.host.name} of pod {guest.host.pod}",
        "[    0.000000] KERNEL supported cpus: those of the machine below",
        "[    0.001000] Memory: as much as is free",
        "[    0.002000] clocksource: the machine's",
        "[    0.010000] NET: Registered PF_NETLINK/PF_ROUTE protocol family",
        "[    0.020000] NET: Registered PF_INET protocol family",
        "[    0.030000] NET: Registered PF_INET6 protocol family",
        "[    0.040000] NET: Registered PF_PACKET protocol family",
        f"[    0.050000] veth: {len(guest.nics)} network interface(s)",
        *(f"[    0.060000] veth {n.device}: {n.mac}, mtu {n.mtu}" for n in guest.nics),
        f"[    0.070000] blk: {len(guest.volumes)} volume(s)",
        *(f"[    0.080000] blk {path}: {at}" for path, at in guest.volumes.items()),
        "[    0.090000] lo: link becomes ready",
        "[    0.100000] Run udhcpc as init process",
        f"Welcome to {guest.name}",
    ]


class Guests:
    """The servers whose records are in `run_dir`; each method may be repeated."""

    def __init__(self, run_dir: Path | str, shell: Shell | None = None) -> None:
        self.directory = Path(run_dir) / "servers"
        self.shell = shell or Shell()
        self._locks: dict[str, threading.RLock] = {}

    # --- records -------------------------------------------------------------

    def load(self, uuid: str) -> Guest | None:
        """A guest by its record."""
        try:
            return from_record(json.loads(self._file(uuid, "json").read_text()))
        except FileNotFoundError:
            return None

    def list(self) -> list[Guest]:
        """All guests of all hosts, by uuid."""
        found = (self.load(path.stem) for path in sorted(self.directory.glob("*.json")))
        return [guest for guest in found if guest]

    def update(self, uuid: str, change: Callable[[Guest], Guest]) -> Guest | None:
        """Change a record, if it is there; nothing else changes it meanwhile."""
        with self._lock(uuid):
            guest = self.load(uuid)
            return self._save(change(guest)) if guest else None

    def _save(self, guest: Guest) -> Guest:
        self.directory.mkdir(parents=True, exist_ok=True)
        new = self._file(guest.uuid, f"{threading.get_ident()}.tmp")
        new.write_text(json.dumps(to_record(guest), indent=1) + "\n")
        new.rename(self._file(guest.uuid, "json"))
        return guest

    def _lock(self, uuid: str) -> "threading.RLock":
        return self._locks.setdefault(uuid, threading.RLock())

    def _file(self, uuid: str, suffix: str) -> Path:
        return self.directory / f"{uuid}.{suffix}"

    # --- console -------------------------------------------------------------

    def say(self, guest: Guest, *lines: str) -> None:
        """Print lines on a guest's console."""
        self.directory.mkdir(parents=True, exist_ok=True)
        with self._file(guest.uuid, "console").open("a") as console:
            console.writelines(f"{line}\n" for line in lines)

    def console(self, uuid: str) -> bytes:
        """The end of what a guest printed."""
        try:
            with self._file(uuid, "console").open("rb") as console:
                size = console.seek(0, os.SEEK_END)
                console.seek(max(0, size - CONSOLE_BYTES))
                return console.read()
        except FileNotFoundError:
            return b""

    # --- life ----------------------------------------------------------------

    def alive(self, guest: Guest) -> bool:
        """Whether a guest has its namespace: a reboot of the machine takes it."""
        return self.shell.has_namespace(guest.namespace)

    def power(self, guest: Guest) -> str:
        """What a guest does: its record's word, unless its namespace went away."""
        return guest.power if self.alive(guest) else SHUTDOWN

    def build(self, guest: Guest, power: str = RUNNING) -> Guest:
        """Make a guest's namespace and plug its NICs; complete what is half made.

        One that is off is no more than its record.
        """
        with self._lock(guest.uuid):
            guest = self._save(replace(guest.with_nics(guest.nics), power=power))
            if power == SHUTDOWN:
                return guest
            netns.make(self.shell, guest)
            for nic in guest.nics:
                netns.plug(self.shell, guest, nic)
            return guest

    def configure(self, guest: Guest) -> None:
        """Boot: print the banner and get addresses, in the background if need be."""
        self.say(guest, *banner(guest))
        for nic in guest.nics:
            self._configure(guest, nic)

    def await_ports(self, guest: Guest, timeout: int = 20) -> bool:
        """Wait until packets can pass; says on the console what does not come."""
        late = [
            nic
            for nic in guest.nics
            if not netns.ready(self.shell, guest.host, nic, timeout)
        ]
        self.say(guest, *(f"[ovn] {nic.device}: no flows yet" for nic in late))
        return not late

    def freeze(self, uuid: str, power: str = PAUSED) -> Guest | None:
        """Take all carriers away: addresses stay, but nothing answers."""
        return self._carry(uuid, power)

    def thaw(self, uuid: str) -> Guest | None:
        """Give the carriers back."""
        return self._carry(uuid, RUNNING)

    def halt(self, uuid: str) -> Guest | None:
        """Remove the namespace and the taps; the record and the console stay."""
        with self._lock(uuid):
            guest = self.load(uuid)
            if guest is None:
                return None
            guest = self._save(replace(guest, power=SHUTDOWN))
            for nic in guest.nics:
                netns.unplug(self.shell, guest.host, nic)
            netns.remove(self.shell, guest.namespace)
            return guest

    def destroy(self, uuid: str) -> None:
        """Leave nothing of a guest."""
        with self._lock(uuid):
            if self.halt(uuid) is None:
                netns.remove(self.shell, namespace_of(uuid))
            for suffix in ("json", "console"):
                self._file(uuid, suffix).unlink(missing_ok=True)

    def move(self, uuid: str, host: Host) -> Guest | None:
        """Hand a guest to another host as it is: only its taps change place."""
        with self._lock(uuid):
            guest = self.load(uuid)
            if guest is None or guest.host == host:
                return guest
            alive = self.alive(guest)
            for nic in guest.nics if alive else ():
                netns.move(self.shell, guest, nic, host)
            self.say(guest, f"[migrate] from {guest.host.name} to {host.name}")
            moved = replace(guest, host=host)
            return self.build(moved, guest.power) if alive else self._save(moved)

    # --- devices -------------------------------------------------------------

    def attach(self, uuid: str, nic: Nic) -> Guest | None:
        """Hot-plug a NIC; one that is there already is left alone."""
        with self._lock(uuid):
            guest = self.load(uuid)
            if guest is None or guest.nic(nic.port):
                return guest
            guest = self._save(guest.with_nics([*guest.nics, nic]))
            new = guest.nics[-1]
            self.say(guest, f"[hotplug] {new.device}: added, {new.mac}")
            if self.alive(guest):
                netns.plug(self.shell, guest, new)
                self._configure(guest, new)
            return guest

    def detach(self, uuid: str, port: str) -> Guest | None:
        """Unplug a NIC, if it is there."""
        with self._lock(uuid):
            guest = self.load(uuid)
            nic = guest.nic(port) if guest else None
            if guest is None or nic is None:
                return guest
            netns.unplug(self.shell, guest.host, nic)
            self.say(guest, f"[hotplug] {nic.device}: removed, {nic.mac}")
            return self._save(guest.with_nics(n for n in guest.nics if n != nic))

    def volume(self, uuid: str, device: str, path: str | None) -> Guest | None:
        """Record that a volume is attached at a device, or (None) no longer."""
        change = "removed" if path is None else f"is now {path}"
        guest = self.update(uuid, lambda old: old.with_volume(device, path))
        if guest:
            self.say(guest, f"[hotplug] {device}: {change}")
        return guest

    def counters(self, guest: Guest) -> dict[str, dict[str, Any]]:
        """The statistics of a guest's devices: `rx` and `tx`, as `ip` has them."""
        return netns.counters(self.shell, guest)

    def execute(self, guest: Guest, *argv: str) -> str:
        """Run a command inside a guest."""
        return self.shell.run("ip", "netns", "exec", guest.namespace, *argv)

    def _configure(self, guest: Guest, nic: Nic) -> None:
        netns.configure(self.shell, guest, nic, self._file(guest.uuid, "console"))

    def _carry(self, uuid: str, power: str) -> Guest | None:
        with self._lock(uuid):
            guest = self.update(uuid, lambda old: replace(old, power=power))
            if guest and self.alive(guest):
                self.say(guest, f"[power] {power}")
                for nic in guest.nics:
                    netns.carry(self.shell, guest.host, nic, on=power == RUNNING)
            return guest
