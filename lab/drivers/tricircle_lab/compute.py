# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Nova's virt driver: Nova's operations, carried out on guests.

Life        spawn, reboot, power, pause, rescue, destroy
Moves       resize, cold and live migration, evacuation, the host's reboot
Devices     NICs and volumes, plugged into running guests
Snapshots   an image's bytes

All that must last is in the guests' records; `guest` decides and acts. Its
`run_dir` is shared by all hosts of the machine: a guest that moves between two is
handed over by its record, and only the host that the record names removes it.

Arguments that are not used are not named, for they differ from release to release.
"""

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

import nova.conf
from nova import exception
from nova.compute import task_states, vm_states
from nova.image import glance
from oslo_log import log

from tricircle_lab import guest as lab
from tricircle_lab.guest import Guest, nic_of
from tricircle_lab.hypervisor import Hypervisor, path_of

CONF = nova.conf.CONF
LOG = log.getLogger(__name__)

FROZEN = {vm_states.PAUSED: lab.PAUSED, vm_states.SUSPENDED: lab.SUSPENDED}
SNAPSHOT_BYTES = 64 * 1024


@contextmanager
def plugging() -> Iterator[None]:
    """Tell Nova about failed commands as it expects it of VIFs."""
    try:
        yield
    except lab.CommandError as error:
        LOG.error("%s", error)
        raise exception.VirtualInterfacePlugException(str(error)) from error


def events_timeout() -> type[BaseException]:
    """What waiting for events raises: eventlet's own error before 2026.1."""
    if hasattr(exception, "InstanceEventTimeout"):
        return cast(type[BaseException], exception.InstanceEventTimeout)
    import eventlet.timeout

    return cast(type[BaseException], eventlet.timeout.Timeout)


class LabDriver(Hypervisor):
    """Boots servers as network namespaces."""

    capabilities = Hypervisor.capabilities | {
        "has_imagecache": False,
        "supports_accelerators": False,
        "supports_bfv_rescue": True,
        "supports_image_type_iso": True,
        "supports_image_type_qcow2": True,
        "supports_mem_backing_file": False,
        "supports_migrate_to_same_host": True,
        "supports_remote_managed_ports": False,
        "supports_trusted_certs": False,
        "supports_virtio_fs": False,
    }

    # --- life ----------------------------------------------------------------

    def spawn(
        self,
        context: Any,
        instance: Any,
        image_meta: Any,
        injected_files: Any,
        admin_password: Any,
        allocations: Any,
        network_info: Any = None,
        block_device_info: Any = None,
        power_on: bool = True,
        **_: Any,
    ) -> None:
        """Boot a new guest; ports are up when this ends."""
        # An evacuated server's old guest goes: its host may be down, it is not.
        self._guests.destroy(instance.uuid)
        vifs = list(network_info or ())
        down = [vif["id"] for vif in vifs if power_on and vif.get("active") is False]
        guest = self._describe(instance, vifs, block_device_info)
        try:
            with self._ports_up(instance, down):
                self._boot(guest, power_on)
        except exception.NovaException:
            self._guests.destroy(instance.uuid)
            raise

    def reboot(
        self, context: Any, instance: Any, network_info: Any, *_: Any, **more: Any
    ) -> None:
        """Off and on again, soft or hard."""
        self._restart(instance, network_info, more.get("block_device_info"))

    def power_off(self, instance: Any, *_: Any, **__: Any) -> None:
        """Take the namespace away."""
        if self._own(instance):
            self._guests.halt(instance.uuid)

    def power_on(
        self, context: Any, instance: Any, network_info: Any, *args: Any, **more: Any
    ) -> None:
        """Make the namespace anew."""
        info = args[0] if args else more.get("block_device_info")
        self._restart(instance, network_info, info)

    def pause(self, instance: Any) -> None:
        """Let nothing answer."""
        self._guests.freeze(instance.uuid, lab.PAUSED)

    def unpause(self, instance: Any) -> None:
        """Let it answer again."""
        self._guests.thaw(instance.uuid)

    def suspend(self, context: Any, instance: Any) -> None:
        """The same as a pause, but for its name."""
        self._guests.freeze(instance.uuid, lab.SUSPENDED)

    def resume(
        self, context: Any, instance: Any, network_info: Any, *_: Any, **__: Any
    ) -> None:
        """Let it answer again; boot it if its namespace is gone."""
        guest = self._own(instance)
        if guest and self._guests.alive(guest):
            self._guests.thaw(instance.uuid)
        else:
            self._restart(instance, network_info)

    def rescue(
        self, context: Any, instance: Any, network_info: Any, *_: Any, **__: Any
    ) -> None:
        """A reboot: guests have no disks that could be rescued."""
        self._restart(instance, network_info)

    def unrescue(self, context: Any, instance: Any, *_: Any, **__: Any) -> None:
        """A reboot, too."""
        self._restart(instance, instance.get_network_info())

    def destroy(self, context: Any, instance: Any, *_: Any, **__: Any) -> None:
        """Leave nothing, unless another host has the server by now."""
        guest = self._guests.load(instance.uuid)
        if guest and guest.host.name != self._place.name:
            LOG.info("Now on %s: left alone", guest.host.name, instance=instance)
        else:
            self._guests.destroy(instance.uuid)

    def cleanup(
        self,
        context: Any,
        instance: Any,
        network_info: Any,
        block_device_info: Any = None,
        destroy_disks: bool = True,
        migrate_data: Any = None,
        **_: Any,
    ) -> None:
        """The same; after a live migration, the destination takes the guest."""
        if migrate_data is None:
            self.destroy(context, instance)

    # --- moves ---------------------------------------------------------------

    def migrate_disk_and_power_off(
        self, context: Any, instance: Any, *_: Any, **__: Any
    ) -> None:
        """Stop here; the guest is made anew where `finish_migration` is called."""
        self.power_off(instance)

    def finish_migration(
        self,
        context: Any,
        migration: Any,
        instance: Any,
        disk_info: Any,
        network_info: Any,
        image_meta: Any,
        resize_instance: Any,
        allocations: Any,
        block_device_info: Any = None,
        power_on: bool = True,
        **_: Any,
    ) -> None:
        """Start here what was stopped elsewhere."""
        self._restart(instance, network_info, block_device_info, power_on)

    def finish_revert_migration(
        self,
        context: Any,
        instance: Any,
        network_info: Any,
        migration: Any,
        block_device_info: Any = None,
        power_on: bool = True,
        **_: Any,
    ) -> None:
        """Start here again."""
        self._restart(instance, network_info, block_device_info, power_on)

    def confirm_migration(self, *_: Any, **__: Any) -> None:
        """Nothing is left here: the record went along with the guest."""

    def post_live_migration_at_destination(
        self,
        context: Any,
        instance: Any,
        network_info: Any,
        block_migration: bool = False,
        block_device_info: Any = None,
    ) -> None:
        """Take the running guest over; the source's part is to let it go."""
        with plugging():
            guest = self._guests.move(instance.uuid, self._place)
            if guest is None:
                self._restart(instance, network_info, block_device_info)
            else:
                self._guests.await_ports(guest)

    def resume_state_on_host_boot(
        self, context: Any, instance: Any, network_info: Any, *args: Any, **more: Any
    ) -> None:
        """Boot a server that ran when its host went down."""
        info = more.get("block_device_info") or (args[-1] if args else None)
        self._restart(instance, network_info, info)

    # --- devices -------------------------------------------------------------

    def plug_vifs(self, instance: Any, network_info: Any) -> None:
        """Nova starts: complete what runs, bring back what was paused.

        What should run but does not comes back in `resume_state_on_host_boot`.
        """
        own = self._own(instance)
        guest = self._describe(instance, network_info, None)
        with plugging():
            if own and self._guests.alive(own):
                self._guests.build(guest, own.power)
            elif instance.vm_state in FROZEN:
                self._guests.build(guest, FROZEN[instance.vm_state])
                self._guests.configure(guest)

    def unplug_vifs(self, instance: Any, network_info: Any) -> None:
        """Detach these VIFs."""
        for vif in network_info:
            self.detach_interface(None, instance, vif)

    def attach_interface(
        self, context: Any, instance: Any, image_meta: Any, vif: Any
    ) -> None:
        """Hot-plug a NIC."""
        with plugging():
            guest = self._guests.attach(instance.uuid, nic_of(vif))
            if guest and self._guests.alive(guest):
                self._guests.await_ports(guest)

    def detach_interface(self, context: Any, instance: Any, vif: Any) -> None:
        """Unplug a NIC."""
        if self._own(instance):
            with plugging():
                self._guests.detach(instance.uuid, vif["id"])

    def attach_volume(
        self,
        context: Any,
        connection_info: Any,
        instance: Any,
        mountpoint: str,
        *_: Any,
        **__: Any,
    ) -> None:
        """Record where the volume is."""
        self._guests.volume(instance.uuid, mountpoint, path_of(connection_info))

    def detach_volume(
        self,
        context: Any,
        connection_info: Any,
        instance: Any,
        mountpoint: str,
        *_: Any,
        **__: Any,
    ) -> None:
        """Forget the volume."""
        self._guests.volume(instance.uuid, mountpoint, None)

    def swap_volume(
        self, context: Any, old: Any, new: Any, instance: Any, mountpoint: str, *_: Any
    ) -> None:
        """Put another volume in its place."""
        self._guests.volume(instance.uuid, mountpoint, path_of(new))

    def extend_volume(
        self, context: Any, connection_info: Any, instance: Any, size: int
    ) -> None:
        """The volume grew; a guest sees that at once."""
        guest = self._guests.load(instance.uuid)
        if guest:
            path = path_of(connection_info)
            self._guests.say(guest, f"[hotplug] {path}: has {size} bytes now")

    # --- snapshots -----------------------------------------------------------

    def snapshot(
        self, context: Any, instance: Any, image_id: str, update_task_state: Any
    ) -> None:
        """Upload an image: random bytes, for a guest has no disk."""
        update_task_state(task_state=task_states.IMAGE_PENDING_UPLOAD)
        images = glance.API()
        metadata = {
            "status": "active",
            "name": images.get(context, image_id)["name"],
            "disk_format": "raw",
            "container_format": "bare",
            "properties": {
                "image_location": "snapshot",
                "image_state": "available",
                "owner_id": instance.project_id,
            },
        }
        update_task_state(
            task_state=task_states.IMAGE_UPLOADING,
            expected_state=task_states.IMAGE_PENDING_UPLOAD,
        )
        disk = io.BytesIO(os.urandom(SNAPSHOT_BYTES))
        images.update(context, image_id, metadata, disk, purge_props=False)

    # --- parts ---------------------------------------------------------------

    def _boot(self, guest: Guest, power_on: bool) -> None:
        with plugging():
            built = self._guests.build(guest, lab.RUNNING if power_on else lab.SHUTDOWN)
            if power_on:
                self._guests.await_ports(built)
                self._guests.configure(built)

    def _restart(
        self,
        instance: Any,
        network_info: Any,
        block_device_info: Any = None,
        power_on: bool = True,
    ) -> None:
        """From whatever there is, here or on another host, to a fresh guest."""
        guest = self._describe(instance, network_info, block_device_info)
        with plugging():
            self._guests.halt(instance.uuid)
        self._boot(guest, power_on)

    @contextmanager
    def _ports_up(self, instance: Any, ports: list[str]) -> Iterator[None]:
        """Plug these ports inside: Neutron will tell Nova when it has them up."""

        def failed(event_name: str, instance: Any) -> None:
            LOG.error("Neutron could not do %s", event_name, instance=instance)
            if CONF.vif_plugging_is_fatal:
                raise exception.VirtualInterfaceCreateException()

        timeout = CONF.vif_plugging_timeout
        events = [("network-vif-plugged", port) for port in ports] if timeout else []
        try:
            # By place: releases name the third argument differently.
            with self.virtapi.wait_for_instance_event(
                instance, events, timeout, error_callback=failed
            ):
                yield
        except events_timeout() as error:
            if CONF.vif_plugging_is_fatal:
                raise exception.VirtualInterfaceCreateException() from error
