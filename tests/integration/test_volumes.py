# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""A pod's volumes have the bytes that they should, wherever they go."""

from tests.integration.bench import Bench
from tests.integration.conftest import Pair
from tests.integration.servers import guest_of
from tests.integration.volumes import (
    delete,
    make_backup,
    make_snapshot,
    make_volume,
    overwrite,
    start_of,
    wait_for_volume,
)
from tests.integration.waiting import wait_for

GIB = 1 << 30
SCRIBBLE = b"what a server wrote later"


def test_a_volume_is_attached_and_detached(bench: Bench, pair: Pair) -> None:
    compute, server = bench.user.compute, pair.second
    volume = make_volume(bench, "attached")
    attachment = compute.create_volume_attachment(server.id, volume_id=volume.id)
    bench.stack.callback(_detach, bench, server.id, volume.id)
    attached = wait_for_volume(bench, volume.id, "in-use")
    assert [each["server_id"] for each in attached.attachments] == [server.id]
    path = str(bench.volume_file(volume.id))
    assert guest_of(server).volumes == {attachment.device: path}

    _detach(bench, server.id, volume.id)
    wait_for_volume(bench, volume.id, "available")
    assert guest_of(server).volumes == {}

    storage = bench.user.block_storage
    delete(storage.delete_volume, storage.get_volume, volume.id)
    assert not bench.volume_file(volume.id).exists()


def _detach(bench: Bench, server: str, volume: str) -> None:
    compute = bench.user.compute
    compute.delete_volume_attachment(server, volume, ignore_missing=True)
    wait_for(lambda: not list(compute.volume_attachments(server)), "a volume to detach")


def test_a_volume_keeps_its_bytes(bench: Bench) -> None:
    image = bench.user.image.download_image(bench.image).content
    size = len(image)
    assert size, "the image is empty"
    # Twice, for a service's first download may differ from its others.
    for number in (1, 2):
        volume = make_volume(bench, f"from-image-{number}", image_id=bench.image)
        assert start_of(bench, volume.id, size) == image
        assert bench.volume_file(volume.id).stat().st_size == GIB

    snapshot = make_snapshot(bench, "snapshot", volume)
    backup = make_backup(bench, "backup", volume)
    overwrite(bench, volume.id, SCRIBBLE)

    copy = make_volume(bench, "from-snapshot", snapshot_id=snapshot.id)
    assert start_of(bench, copy.id, size) == image
    clone = make_volume(bench, "from-volume", source_volume_id=volume.id)
    assert start_of(bench, clone.id, size) == SCRIBBLE + image[len(SCRIBBLE) :]

    overwrite(bench, copy.id, SCRIBBLE)
    bench.user.block_storage.restore_backup(backup.id, volume=copy.id)
    wait_for_volume(bench, copy.id, "available")
    assert start_of(bench, copy.id, size) == image
    assert bench.volume_file(copy.id).stat().st_size == GIB


def test_a_volume_grows(bench: Bench) -> None:
    storage = bench.user.block_storage
    volume = make_volume(bench, "growing")
    overwrite(bench, volume.id, SCRIBBLE)
    storage.extend_volume(volume.id, 2)
    assert wait_for_volume(bench, volume.id, "available").size == 2
    assert bench.volume_file(volume.id).stat().st_size == 2 * GIB
    assert start_of(bench, volume.id, len(SCRIBBLE)) == SCRIBBLE
