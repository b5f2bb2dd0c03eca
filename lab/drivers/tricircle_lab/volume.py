# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""A Cinder backend with real bytes: each volume is a sparse file on this host.

It is for the lab, where Cinder and Nova share one machine and there is no
device mapper, no iSCSI and no mount to use. `volume_files.py` holds what is
done with the files; this module is Cinder's view of it. Connections are of
os-brick's type `local`: whoever connects opens the file itself, so Cinder's own
copying between volumes, backup and restore work as they are.

In cinder.conf::

    [DEFAULT]
    enabled_backends = lab
    [lab]
    volume_driver = tricircle_lab.volume.FileDriver
    volume_backend_name = lab
    lab_volume_dir = /some/where/volumes
"""

import shutil
from pathlib import Path
from typing import Any

from cinder import exception, interface
from cinder.common import constants
from cinder.image import image_utils
from cinder.volume import driver, volume_utils
from oslo_config import cfg

from tricircle_lab.volume_files import GIB, VolumeFiles, extend, gib, replacing

OPTIONS = [
    cfg.StrOpt(
        "lab_volume_dir",
        default="$state_path/lab-volumes",
        help="Where the volumes' files are. No two backends may share it.",
    ),
    cfg.IntOpt(
        "lab_volume_capacity_gb",
        default=10240,
        min=1,
        help="What the scheduler is told. Sparse files fit on a smaller disk.",
    ),
]
SOURCE_NAME = "source-name"


@interface.volumedriver
class FileDriver(driver.VolumeDriver):
    """Volumes and snapshots as sparse raw files in one directory."""

    VERSION = "1.0"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.configuration.append_config_values(OPTIONS)
        root = Path(self.configuration.lab_volume_dir).absolute()
        self._files = VolumeFiles(root, self._execute)

    @staticmethod
    def get_driver_options() -> list[cfg.Opt]:
        """Return the options that this driver adds to a backend's section."""
        return OPTIONS

    def do_setup(self, context: Any) -> None:
        """Make the directory, and remove what an earlier run left half done."""
        self._files.prepare()

    def check_for_setup_error(self) -> None:
        """Raise VolumeBackendAPIException if a command that we need is missing."""
        for command in ("cp", "qemu-img"):
            if not shutil.which(command):
                reason = f"{command} is not installed"
                raise exception.VolumeBackendAPIException(data=reason)

    def local_path(self, volume: Any) -> str:
        """Return the path of the volume's file."""
        return str(self._files.volume(volume.name))

    # Volumes

    def create_volume(self, volume: Any) -> None:
        """Make an empty volume. VolumeDriverException if it is to be encrypted."""
        self._refuse_encryption(volume)
        self._files.create(self._files.volume(volume.name), volume.size * GIB)

    def create_cloned_volume(self, volume: Any, src_vref: Any) -> None:
        """Copy a volume, and grow the copy to its own size."""
        self._copy_to(volume, self._files.volume(src_vref.name))

    def create_volume_from_snapshot(self, volume: Any, snapshot: Any) -> None:
        """Copy a snapshot, and grow the copy to the volume's size."""
        self._copy_to(volume, self._snapshot_path(snapshot))

    def delete_volume(self, volume: Any) -> None:
        """Remove the volume's file; one that is gone already is no error."""
        self._files.delete_volume(volume.name)

    def extend_volume(self, volume: Any, new_size: int) -> None:
        """Grow the file to `new_size` GiB, in place: it may be attached."""
        extend(self._files.volume(volume.name), new_size * GIB)

    def retype(
        self, context: Any, volume: Any, new_type: Any, diff: Any, host: Any
    ) -> bool:
        """Accept every new type: no extra spec changes how a file is kept.

        Cinder does not even ask if encryption would change.
        """
        return True

    def update_migrated_volume(
        self, ctxt: Any, volume: Any, new_volume: Any, original_volume_status: str
    ) -> dict[str, Any]:
        """Give the new file the old volume's name, if it is free and not in use.

        Return the change for the database: the id that the file's name bears.
        """
        keeps_name = {"_name_id": new_volume.name_id}
        if original_volume_status != "available":
            return keeps_name
        wanted = new_volume.name.replace(new_volume.name_id, volume.id)
        try:
            self._files.rename(
                self._files.volume(new_volume.name), self._files.volume(wanted)
            )
        except FileExistsError:
            return keeps_name  # the old file is in this directory
        return {"_name_id": None}

    # Images

    def copy_image_to_volume(
        self,
        context: Any,
        volume: Any,
        image_service: Any,
        image_id: str,
        disable_sparse: bool = False,
    ) -> None:
        """Replace the volume's content by an image's, converted to raw.

        ImageUnacceptable if the image is larger than the volume or not safe.
        """
        with replacing(self._files.volume(volume.name)) as part:
            image_utils.fetch_to_raw(
                context,
                image_service,
                image_id,
                str(part),
                self.configuration.volume_dd_blocksize,
                size=volume.size,
                disable_sparse=disable_sparse,
            )
            # qemu-img leaves the file as large as the image.
            extend(part, volume.size * GIB)

    def copy_volume_to_image(
        self, context: Any, volume: Any, image_service: Any, image_meta: Any
    ) -> None:
        """Upload the volume, converted to the format that the image asks for."""
        volume_utils.upload_volume(
            context,
            image_service,
            image_meta,
            self.local_path(volume),
            volume,
            compress=True,
        )

    # Snapshots

    def create_snapshot(self, snapshot: Any) -> None:
        """Copy the volume as it is now."""
        volume = self._files.volume(snapshot.volume_name)
        self._files.copy(volume, self._snapshot_path(snapshot))

    def delete_snapshot(self, snapshot: Any) -> None:
        """Remove the snapshot's file; one that is gone already is no error."""
        self._files.delete(self._snapshot_path(snapshot))

    def revert_to_snapshot(self, context: Any, volume: Any, snapshot: Any) -> None:
        """Replace the volume's content by the snapshot's; the size stays."""
        self._copy_to(volume, self._snapshot_path(snapshot))

    def snapshot_revert_use_temp_snapshot(self) -> bool:
        """Return False: a revert that fails leaves the volume as it was."""
        return False

    # Connections: the file's path is all that a client on this host needs

    def initialize_connection(
        self, volume: Any, connector: Any, **kwargs: Any
    ) -> dict[str, Any]:
        """Return how to reach the volume."""
        return _local(self._files.volume(volume.name))

    def terminate_connection(self, volume: Any, connector: Any, **kwargs: Any) -> None:
        """Give the file its full size back.

        cinder-backup opens it with "wb" to restore, which cuts it to nothing,
        and does not write the holes at its end.
        """
        path = self._files.volume(volume.name)
        if path.exists():
            extend(path, volume.size * GIB)

    def initialize_connection_snapshot(
        self, snapshot: Any, connector: Any, **kwargs: Any
    ) -> dict[str, Any]:
        """Return how to reach the snapshot (cinder-backup reads it)."""
        return _local(self._snapshot_path(snapshot))

    def terminate_connection_snapshot(
        self, snapshot: Any, connector: Any, **kwargs: Any
    ) -> None:
        """Do nothing: there is no connection to end."""

    def ensure_export(self, context: Any, volume: Any) -> None:
        """Do nothing: a file needs no export, before or after a restart."""

    def create_export(self, context: Any, volume: Any, connector: Any) -> None:
        """Do nothing: a file needs no export."""

    def remove_export(self, context: Any, volume: Any) -> None:
        """Do nothing: a file needs no export."""

    def create_export_snapshot(
        self, context: Any, snapshot: Any, connector: Any
    ) -> None:
        """Do nothing: a file needs no export."""

    def remove_export_snapshot(self, context: Any, snapshot: Any) -> None:
        """Do nothing: a file needs no export."""

    # Files that Cinder does not know yet

    def manage_existing(self, volume: Any, existing_ref: Any) -> None:
        """Make a file of the directory this volume, of whole GiB.

        ManageExistingInvalidReference if there is no such file,
        ManageExistingAlreadyManaged if it is a known volume's.
        """
        path = self._referenced(self._files.root, existing_ref)
        known = volume_utils.extract_id_from_volume_name(path.name)
        if volume_utils.check_already_managed_volume(known):
            raise exception.ManageExistingAlreadyManaged(volume_ref=path.name)
        self._adopt(path, self._files.volume(volume.name))

    def manage_existing_get_size(self, volume: Any, existing_ref: Any) -> int:
        """Return the file's size in GiB, rounded up; errors as `manage_existing`."""
        return gib(self._referenced(self._files.root, existing_ref).stat().st_size)

    def manage_existing_snapshot(self, snapshot: Any, existing_ref: Any) -> None:
        """Make a file of the volume's snapshots this snapshot.

        ManageExistingInvalidReference if that volume has no such snapshot.
        """
        path = self._referenced(self._snapshot_path(snapshot).parent, existing_ref)
        self._adopt(path, self._snapshot_path(snapshot))

    def manage_existing_snapshot_get_size(
        self, snapshot: Any, existing_ref: Any
    ) -> int:
        """Return the file's size in GiB; errors as `manage_existing_snapshot`."""
        path = self._referenced(self._snapshot_path(snapshot).parent, existing_ref)
        return gib(path.stat().st_size)

    def get_manageable_volumes(
        self,
        cinder_volumes: Any,
        marker: Any,
        limit: Any,
        offset: Any,
        sort_keys: Any,
        sort_dirs: Any,
    ) -> Any:
        """Return a page of the directory's volumes, with what Cinder knows of them."""
        known = {volume.name: volume.id for volume in cinder_volumes}
        entries = [
            _manageable(entry.name, entry.size, known.get(entry.name))
            for entry in self._files.volumes()
        ]
        return volume_utils.paginate_entries_list(
            entries, marker, limit, offset, sort_keys, sort_dirs
        )

    def get_manageable_snapshots(
        self,
        cinder_snapshots: Any,
        marker: Any,
        limit: Any,
        offset: Any,
        sort_keys: Any,
        sort_dirs: Any,
    ) -> Any:
        """Return a page of the directory's snapshots, each with its volume."""
        known = {snapshot.name: snapshot.id for snapshot in cinder_snapshots}
        entries = [
            _manageable(entry.name, entry.size, known.get(entry.name))
            | {"source_reference": {SOURCE_NAME: entry.folder}}
            for entry in self._files.snapshots()
        ]
        return volume_utils.paginate_entries_list(
            entries, marker, limit, offset, sort_keys, sort_dirs
        )

    # Capacity

    def _update_volume_stats(self) -> None:
        """Fill in what the scheduler is told; the whole backend is one pool."""
        usage = self._files.usage()
        capacity = self.configuration.lab_volume_capacity_gb
        self._stats = {
            "volume_backend_name": self.configuration.safe_get("volume_backend_name")
            or "lab",
            "vendor_name": "Open Source",
            "driver_version": self.VERSION,
            "storage_protocol": constants.FILE,
            "total_capacity_gb": capacity,
            "free_capacity_gb": max(0, capacity - usage.allocated // GIB),
            "provisioned_capacity_gb": usage.provisioned // GIB,
            "max_over_subscription_ratio": volume_utils.get_max_over_subscription_ratio(
                self.configuration.max_over_subscription_ratio
            ),
            "reserved_percentage": self.configuration.reserved_percentage,
            "thin_provisioning_support": True,
            "thick_provisioning_support": False,
            "multiattach": True,
            "online_extend_support": True,
            "sparse_copy_volume": True,
            "QoS_support": False,
            "replication_enabled": False,
            "filter_function": self.get_filter_function(),
            "goodness_function": self.get_goodness_function(),
        }

    # Shared by the above

    def _snapshot_path(self, snapshot: Any) -> Path:
        return self._files.snapshot(snapshot.volume_name, snapshot.name)

    def _copy_to(self, volume: Any, source: Path) -> None:
        """Fill a volume with a file's content, at the volume's size."""
        self._refuse_encryption(volume)
        self._files.copy(source, self._files.volume(volume.name), volume.size * GIB)

    def _adopt(self, path: Path, wanted: Path) -> None:
        """Rename a file and round its size up to whole GiB."""
        self._files.rename(path, wanted)
        extend(wanted, gib(wanted.stat().st_size) * GIB)

    def _referenced(self, folder: Path, reference: Any) -> Path:
        """Return the file that a `source-name` reference means."""
        name = reference.get(SOURCE_NAME) if isinstance(reference, dict) else reference
        try:
            return self._files.find(folder, name)
        except (ValueError, OSError) as error:
            raise exception.ManageExistingInvalidReference(
                existing_ref=reference, reason=str(error)
            ) from error

    def _refuse_encryption(self, volume: Any) -> None:
        """Raise VolumeDriverException: a file called encrypted must not be plain."""
        if volume.encryption_key_id:
            raise exception.VolumeDriverException(message="this backend cannot encrypt")


def _local(path: Path) -> dict[str, Any]:
    """Return connection information for os-brick's LocalConnector."""
    return {"driver_volume_type": "local", "data": {"device_path": str(path)}}


def _manageable(name: str, size: int, cinder_id: str | None) -> dict[str, Any]:
    """Return one item of a manageable list."""
    return {
        "reference": {SOURCE_NAME: name},
        "size": gib(size),
        "cinder_id": cinder_id,
        "safe_to_manage": cinder_id is None,
        "reason_not_safe": "already managed" if cinder_id else None,
        "extra_info": None,
    }
