# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Volumes, snapshots and backups, made at a bench."""

from functools import partial
from typing import Any

from tests.integration.bench import Bench
from tests.integration.waiting import wait_for_status, wait_until_gone


def make_volume(bench: Bench, what: str, size: int = 1, **source: Any) -> Any:
    """The user's volume, of `size` GiB, available."""
    storage = bench.user.block_storage
    volume = storage.create_volume(name=bench.name(what), size=size, **source)
    # The operator's way works for a volume that hangs as well.
    force = partial(bench.operator.block_storage.delete_volume, force=True)
    bench.stack.callback(delete, force, storage.get_volume, volume.id)
    return wait_for_volume(bench, volume.id, "available")


def make_snapshot(bench: Bench, what: str, volume: Any) -> Any:
    """A snapshot of a volume, available."""
    storage = bench.user.block_storage
    snapshot = storage.create_snapshot(volume_id=volume.id, name=bench.name(what))
    bench.stack.callback(
        delete, storage.delete_snapshot, storage.get_snapshot, snapshot.id
    )
    return wait_for_status(storage.get_snapshot, snapshot.id, "available")


def make_backup(bench: Bench, what: str, volume: Any) -> Any:
    """A backup of a volume, available."""
    storage = bench.user.block_storage
    backup = storage.create_backup(volume_id=volume.id, name=bench.name(what))
    bench.stack.callback(delete, storage.delete_backup, storage.get_backup, backup.id)
    return wait_for_status(storage.get_backup, backup.id, "available")


def wait_for_volume(bench: Bench, volume: str, status: str) -> Any:
    """A volume as Cinder shows it, once it has a status."""
    return wait_for_status(bench.user.block_storage.get_volume, volume, status)


def delete(remove: Any, get: Any, id_: str) -> None:
    """Delete something of Cinder's that is there, and wait until it is gone."""
    remove(id_, ignore_missing=True)
    wait_until_gone(get, id_)


def start_of(bench: Bench, volume: str, count: int) -> bytes:
    """The first bytes of a volume."""
    with bench.volume_file(volume).open("rb") as file:
        return file.read(count)


def overwrite(bench: Bench, volume: str, content: bytes) -> None:
    """Replace the first bytes of a volume, as a server would that uses it."""
    with bench.volume_file(volume).open("r+b") as file:
        file.write(content)
