# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""What Nova asks a hypervisor, before and apart from changing anything.

Identity   who the node is; its uuid outlives nova-compute
State      power states, console, diagnostics: read from the guests
Guests     which are this host's; what an instance's guest should be

Nova's fake driver plays the rest of the hypervisor (resources, consoles' URLs).
"""

from typing import Any

import nova.conf
from nova import exception
from nova.compute import power_state, vm_states
from nova.objects import diagnostics
from nova.virt import driver, fake, hardware, node
from oslo_config import cfg
from oslo_utils import timeutils

from tricircle_lab import guest as lab
from tricircle_lab.guest import Guest, Guests, Host, Nic, nic_of

CONF = nova.conf.CONF
CONF.register_opts(
    [
        cfg.StrOpt("pod", help="Name of the pod that this host is of."),
        cfg.StrOpt("host_namespace", help="Network namespace of this host."),
        cfg.StrOpt("ovsdb", help="Unix socket of the database of this host's OVS."),
        cfg.StrOpt("run_dir", help="Where the machine's servers are recorded."),
    ],
    group="lab",
)

POWER_STATES = {
    lab.RUNNING: power_state.RUNNING,
    lab.PAUSED: power_state.PAUSED,
    lab.SUSPENDED: power_state.SUSPENDED,
    lab.SHUTDOWN: power_state.SHUTDOWN,
}
#: Instances in these states need not have a guest.
ABSENT = {
    vm_states.BUILDING,
    vm_states.DELETED,
    vm_states.ERROR,
    vm_states.SHELVED_OFFLOADED,
    vm_states.SOFT_DELETED,
}

#: The kernel's names of counters: Nova's now, and Nova's before 2.48.
COUNTERS = {
    "bytes": "octets",
    "packets": "packets",
    "errors": "errors",
    "dropped": "drop",
}
LEGACY_COUNTERS = {
    "bytes": "",
    "packets": "_packets",
    "errors": "_errors",
    "dropped": "_drop",
}


def volumes_of(block_device_info: Any) -> dict[str, str]:
    """Where each volume of Nova's block device mapping is, by its device."""
    mapping = driver.block_device_info_get_mapping(block_device_info)
    return {bdm["mount_device"]: path_of(bdm["connection_info"]) for bdm in mapping}


def path_of(connection: Any) -> str:
    """Where a volume is: its path, else its id."""
    data = connection["data"]
    return data.get("device_path") or connection.get("serial") or ""


def _seconds_since(then: Any) -> int:
    if then is None:
        return 0
    return int(
        timeutils.delta_seconds(timeutils.normalize_time(then), timeutils.utcnow())
    )


class Hypervisor(fake.FakeDriver):
    """A host of the lab and what runs on it."""

    def __init__(self, virtapi: Any, read_only: bool = False) -> None:
        super().__init__(virtapi, read_only)
        own = CONF.lab
        self._place = Host(CONF.host, own.pod, own.host_namespace, own.ovsdb)
        self._guests = Guests(own.run_dir)

    # --- identity ------------------------------------------------------------

    def init_host(self, host: str) -> None:
        """One host, one node."""
        self._host = host
        self._set_nodes([host])

    def get_available_resource(self, nodename: str) -> Any:
        """The fake driver's plenty, with a uuid that is not drawn at each start."""
        resources = super().get_available_resource(nodename)
        return resources | {"uuid": node.get_local_node_uuid()}

    def get_nodenames_by_uuid(self, refresh: bool = False) -> dict[str, str]:
        """This node."""
        return {node.get_local_node_uuid(): name for name in self._nodes}

    def get_host_uptime(self) -> str:
        """The machine's."""
        return self._guests.shell.run("uptime")

    # --- state ---------------------------------------------------------------

    def list_instances(self) -> list[str]:
        """Names of this host's guests."""
        return [guest.name for guest in self._own_guests()]

    def list_instance_uuids(self) -> list[str]:
        """Uuids of this host's guests."""
        return [guest.uuid for guest in self._own_guests()]

    def get_info(self, instance: Any, use_cache: bool = True) -> Any:
        """The power state; a server whose record was lost is off, not gone."""
        guest = self._own(instance)
        if guest is None and instance.vm_state in ABSENT:
            raise exception.InstanceNotFound(instance_id=instance.uuid)
        power = self._guests.power(guest) if guest else lab.SHUTDOWN
        return hardware.InstanceInfo(state=POWER_STATES[power])

    def get_console_output(self, context: Any, instance: Any) -> bytes:
        """What the guest printed."""
        return self._guests.console(instance.uuid)

    def get_diagnostics(self, instance: Any) -> dict[str, int]:
        """Counters, as microversions before 2.48 have them."""
        found = {"memory": instance.flavor.memory_mb * 1024}
        for nic, seen in self._counters(instance):
            found |= {
                f"{nic.tap}_{way}{suffix}": seen.get(way, {}).get(key, 0)
                for way in ("rx", "tx")
                for key, suffix in LEGACY_COUNTERS.items()
            }
        return found

    def get_instance_diagnostics(self, instance: Any) -> Any:
        """Counters, as microversion 2.48 has them."""
        found = diagnostics.Diagnostics(
            state=power_state.STATE_MAP[self.get_info(instance).state],
            driver="libvirt",  # the field takes no name but those of real drivers
            hypervisor="kvm",
            hypervisor_os="linux",
            uptime=_seconds_since(instance.launched_at),
            config_drive=False,
        )
        found.memory_details = diagnostics.MemoryDiagnostics(
            maximum=instance.flavor.memory_mb, used=0
        )
        for number in range(instance.flavor.vcpus):
            found.add_cpu(id=number, time=0, utilisation=0)
        for nic, seen in self._counters(instance):
            counts = {
                f"{way}_{suffix}": seen.get(way, {}).get(key, 0)
                for way in ("rx", "tx")
                for key, suffix in COUNTERS.items()
            }
            found.add_nic(mac_address=nic.mac, **counts)
        found.add_disk(read_bytes=0, read_requests=0, write_bytes=0, write_requests=0)
        return found

    # --- guests --------------------------------------------------------------

    def _counters(self, instance: Any) -> list[tuple[Nic, Any]]:
        guest = self._own(instance)
        seen = self._guests.counters(guest) if guest else {}
        return [(nic, seen.get(nic.device, {})) for nic in guest.nics] if guest else []

    def _own(self, instance: Any) -> Guest | None:
        """The guest, if this host has it."""
        guest = self._guests.load(instance.uuid)
        return guest if guest and guest.host.name == self._place.name else None

    def _own_guests(self) -> list[Guest]:
        everyone = self._guests.list()
        return [guest for guest in everyone if guest.host.name == self._place.name]

    def _describe(
        self, instance: Any, network_info: Any, block_device_info: Any
    ) -> Guest:
        """The guest that an instance should have; its record fills the gaps."""
        old = self._guests.load(instance.uuid)
        nics = [nic_of(vif) for vif in network_info or ()]
        volumes = volumes_of(block_device_info)
        described = Guest(
            uuid=instance.uuid,
            name=instance.display_name or instance.name,
            project_id=instance.project_id,
            host=self._place,
            nics=old.nics if old else (),
            volumes=volumes or (old.volumes if old else {}),
        )
        return described.with_nics(nics or described.nics)
