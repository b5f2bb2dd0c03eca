# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Which volumes Nova makes for a server, whoever says it."""

from typing import Any

import pytest

from tricircle.gateway.boot_volumes import (
    BootVolume,
    boot_volumes,
    image_of,
    snapshots_of,
)

NEW, OLD = "block_device_mapping_v2", "block_device_mapping"


def device(source: str, **more: Any) -> dict[str, Any]:
    return {"source_type": source, "destination_type": "volume", **more}


ROOT = device("image", uuid="IM", boot_index=0, volume_size=4)
OF_IMAGE = device("snapshot", snapshot_id="A", boot_index=0, device_name="/dev/vda")


@pytest.mark.parametrize(
    ("devices", "expected"),
    [
        ([ROOT], [BootVolume(4)]),
        ([device("blank", volume_size="2")], [BootVolume(2)]),
        (
            [device("blank", volume_size=2, volume_type="ssd")],
            [BootVolume(2, None, "ssd")],
        ),
        ([device("snapshot", uuid="A")], [BootVolume(None, "A")]),
        ([device("snapshot", uuid="A", volume_size=7)], [BootVolume(7, "A")]),
        ([device("volume", uuid="V")], []),
        ([{**ROOT, "destination_type": "local"}], []),
        ([{**ROOT, "no_device": True}], []),
        ([device("blank")], [BootVolume(None)]),
        ([device("blank", volume_size=-1)], [BootVolume(None)]),
        ([device("blank", volume_size=2**31)], [BootVolume(None)]),
        (["nonsense", None], []),
        ("nonsense", []),
    ],
)
def test_a_request_in_the_new_form(devices: Any, expected: list[BootVolume]) -> None:
    assert boot_volumes({NEW: devices}, {}) == expected


def test_a_request_in_the_old_form() -> None:
    devices = [
        {"device_name": "vda", "snapshot_id": "A", "volume_size": "3"},
        {"device_name": "vdb", "volume_id": "V"},
        {"device_name": "vdc", "virtual_name": "ephemeral0", "volume_size": 9},
    ]
    assert boot_volumes({OLD: devices}, {}) == [BootVolume(3, "A")]


def test_an_image_brings_the_snapshots_of_the_server_it_was_made_of() -> None:
    second = device("snapshot", snapshot_id="B", device_name="/dev/vdb")
    image = {OLD: [OF_IMAGE, second], "bdm_v2": "True"}
    both = [BootVolume(None, "A"), BootVolume(None, "B")]
    assert boot_volumes({"imageRef": "IM"}, image) == both
    assert snapshots_of({"imageRef": "IM"}, image) == ["A", "B"]
    # The client names the image as the root; the image's own root is meant.
    assert boot_volumes({NEW: [ROOT]}, image) == both
    # What the request says of a device counts.
    own = device("blank", volume_size=1, device_name="vdb")
    made = boot_volumes({"imageRef": "IM", NEW: [own]}, image)
    assert made == [BootVolume(1), BootVolume(None, "A")]


def test_an_old_image_brings_its_snapshots_too() -> None:
    image = {OLD: [{"device_name": "vda", "snapshot_id": "A", "volume_size": 1}]}
    assert boot_volumes({"imageRef": "IM"}, image) == [BootVolume(1, "A")]
    assert boot_volumes({NEW: [ROOT]}, image) == [BootVolume(1, "A")]


@pytest.mark.parametrize(
    ("server", "expected"),
    [
        ({"imageRef": "http://cloud/images/IM"}, "IM"),
        ({"imageRef": "", NEW: [ROOT]}, "IM"),
        ({NEW: [{**ROOT, "boot_index": "0"}]}, "IM"),
        ({NEW: [{**ROOT, "boot_index": 1}]}, None),
        ({NEW: [{**ROOT, "boot_index": None}]}, None),
        ({"imageRef": 7}, None),
        ({}, None),
    ],
)
def test_the_image_that_a_server_boots_from(server: Any, expected: str | None) -> None:
    assert image_of(server) == expected
