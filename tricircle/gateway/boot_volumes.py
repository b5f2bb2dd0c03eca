# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Which volumes Nova makes for a new server: pure.

Block devices come with the request, in Nova's new form or the old one, and with the
image that the server boots from: an image of a server that booted from a volume has
that one's snapshots. Both are merged as Nova does, by the devices' names.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tricircle.gateway.reading import number
from tricircle.gateway.rewrite import last_segment

_NEW, _OLD = "block_device_mapping_v2", "block_device_mapping"
_MADE_OF = frozenset({"image", "snapshot", "blank"})
_FALSE = frozenset({"", "0", "false", "none"})
_LARGEST = 2**31 - 1
"""Nova takes no larger number, and none below 1."""
_ROOT = "vda"
"""What Nova takes for the root device's name, if nothing says it."""

Device = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class BootVolume:
    """A volume that Nova is about to make."""

    size: int | None
    """In GiB; None: as large as the snapshot."""
    snapshot_id: str | None = None
    type_name: str | None = None


def image_of(server: Mapping[str, Any]) -> str | None:
    """The image that the server boots from, directly or by a volume made of it."""
    reference = server.get("imageRef")
    if isinstance(reference, str) and reference:
        return last_segment(reference)
    for device in _devices(server.get(_NEW)):
        if device.get("source_type") == "image" and _is_first(device):
            return str(device.get("uuid") or "") or None
    return None


def snapshots_of(server: Mapping[str, Any], image: Mapping[str, Any]) -> list[str]:
    """The snapshots whose sizes count."""
    made = boot_volumes(server, image)
    return [one.snapshot_id for one in made if one.snapshot_id and one.size is None]


def boot_volumes(
    server: Mapping[str, Any], image: Mapping[str, Any]
) -> list[BootVolume]:
    """The volumes for a server, with the ``metadata`` of its image."""
    asked = [
        *_devices(server.get(_NEW)),
        *(_renewed(device) for device in _devices(server.get(_OLD))),
    ]
    own = [*_devices(image.get(_OLD))]
    if str(image.get("bdm_v2")).lower() in _FALSE:
        own = [_renewed(device) for device in own]
    if any(_is_first(device) for device in own):
        asked = [
            device
            for device in asked
            if device.get("source_type") != "image" or not _is_first(device)
        ]
    names = {_name(device) for device in asked}
    own = [device for device in own if not _name(device) or _name(device) not in names]
    return [_volume(device) for device in (*asked, *own) if _is_made(device)]


def _devices(value: Any) -> Iterator[Device]:
    for device in value if isinstance(value, list) else ():
        if isinstance(device, dict):
            yield device


def _renewed(device: Device) -> Device:
    """A device of the old form in the new one."""
    if not device.get("snapshot_id"):
        return {"device_name": device.get("device_name")}
    return {
        **device,
        "source_type": "snapshot",
        "destination_type": "volume",
        "boot_index": 0 if _name(device) == _ROOT else -1,
    }


def _is_made(device: Device) -> bool:
    return (
        device.get("source_type") in _MADE_OF
        and device.get("destination_type") == "volume"
        and not device.get("no_device")
    )


def _volume(device: Device) -> BootVolume:
    snapshot = None
    if device["source_type"] == "snapshot":
        snapshot = device.get("uuid") or device.get("snapshot_id")
    size = number(device.get("volume_size"))
    return BootVolume(
        size if size is not None and 0 < size <= _LARGEST else None,
        str(snapshot) if snapshot else None,
        str(device["volume_type"]) if device.get("volume_type") else None,
    )


def _is_first(device: Device) -> bool:
    return number(device.get("boot_index")) == 0


def _name(device: Device) -> str:
    return str(device.get("device_name") or "").removeprefix("/dev/")
