# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""The files behind the lab's volumes, on real files."""

import os
import subprocess
from pathlib import Path

import pytest

from tricircle_lab.volume_files import (
    GIB,
    Entry,
    VolumeFiles,
    extend,
    gib,
    replacing,
)

MIB = 1024**2
DATA = b"tricircle" * 1000


@pytest.fixture
def files(tmp_path: Path) -> VolumeFiles:
    files = VolumeFiles(tmp_path / "volumes")
    files.prepare()
    return files


def allocated(path: Path) -> int:
    return path.stat().st_blocks * 512


def write(path: Path, offset: int, data: bytes) -> None:
    with path.open("r+b") as file:
        file.seek(offset)
        file.write(data)


def read(path: Path, offset: int, size: int) -> bytes:
    with path.open("rb") as file:
        file.seek(offset)
        return file.read(size)


def names(files: VolumeFiles) -> list[str]:
    return sorted(path.name for path in files.root.rglob("*") if path.is_file())


def test_a_new_volume_is_all_hole(files: VolumeFiles) -> None:
    path = files.volume("volume-1")
    files.create(path, GIB)
    assert path.stat().st_size == GIB
    assert allocated(path) < MIB
    assert path.stat().st_mode & 0o777 == 0o600


def test_creating_again_leaves_no_old_content(files: VolumeFiles) -> None:
    path = files.volume("volume-1")
    files.create(path, MIB)
    write(path, 0, DATA)
    files.create(path, MIB)
    assert read(path, 0, MIB) == bytes(MIB)


def test_a_copy_has_the_content_and_the_holes(files: VolumeFiles) -> None:
    source, copy = files.volume("volume-1"), files.snapshot("volume-1", "snapshot-1")
    files.create(source, GIB)
    write(source, 512 * MIB + 3, DATA)
    files.copy(source, copy)
    assert copy.stat().st_size == GIB
    assert read(copy, 512 * MIB + 3, len(DATA)) == DATA
    assert read(copy, 0, MIB) == bytes(MIB)
    assert allocated(copy) < MIB


def test_zeros_become_holes_in_a_copy(files: VolumeFiles) -> None:
    source, copy = files.volume("volume-1"), files.volume("volume-2")
    source.write_bytes(bytes(8 * MIB))
    files.copy(source, copy)
    assert copy.stat().st_size == 8 * MIB
    assert allocated(copy) < MIB


def test_a_copy_is_independent(files: VolumeFiles) -> None:
    source, copy = files.volume("volume-1"), files.volume("volume-2")
    files.create(source, MIB)
    files.copy(source, copy)
    write(source, 0, DATA)
    assert read(copy, 0, len(DATA)) == bytes(len(DATA))


def test_a_copy_can_be_larger(files: VolumeFiles) -> None:
    source, copy = files.volume("volume-1"), files.volume("volume-2")
    files.create(source, MIB)
    write(source, 0, DATA)
    files.copy(source, copy, 3 * MIB)
    assert copy.stat().st_size == 3 * MIB
    assert read(copy, 0, len(DATA)) == DATA


def test_extending_keeps_the_content_and_never_shrinks(files: VolumeFiles) -> None:
    path = files.volume("volume-1")
    files.create(path, MIB)
    write(path, 0, DATA)
    for size in (4 * MIB, 4 * MIB, MIB):
        extend(path, size)
        assert path.stat().st_size == 4 * MIB
    assert read(path, 0, len(DATA)) == DATA
    assert read(path, 3 * MIB, MIB) == bytes(MIB)


def test_extending_reaches_who_has_the_file_open(files: VolumeFiles) -> None:
    path = files.volume("volume-1")
    files.create(path, MIB)
    with path.open("rb") as user:
        extend(path, 2 * MIB)
        assert os.fstat(user.fileno()).st_size == 2 * MIB


def test_a_copy_of_nothing_leaves_nothing(files: VolumeFiles) -> None:
    with pytest.raises(subprocess.CalledProcessError):
        files.copy(files.volume("missing"), files.volume("volume-1"))
    assert names(files) == []


def test_a_failed_copy_leaves_the_old_content(tmp_path: Path) -> None:
    def cut_short(*command: str) -> None:
        Path(command[-1]).write_bytes(b"half")
        raise OSError("no space left")

    files = VolumeFiles(tmp_path, cut_short)
    files.prepare()
    volume, snapshot = files.volume("volume-1"), files.snapshot("volume-1", "snapshot")
    volume.write_bytes(b"new")
    with pytest.raises(OSError, match="no space"):
        files.copy(volume, snapshot)
    with pytest.raises(OSError, match="no space"):
        files.copy(snapshot, volume)
    assert volume.read_bytes() == b"new"
    assert names(files) == ["volume-1"]


def test_a_half_written_file_is_no_volume_and_goes_at_the_start(
    files: VolumeFiles,
) -> None:
    source = files.volume("volume-1")
    files.create(source, MIB)
    killed = "kill -9 $$"

    def die(*command: str) -> None:
        Path(command[-1]).write_bytes(b"half")
        subprocess.run(["sh", "-c", killed], check=True)

    half = source.with_name("volume-2.part")
    with pytest.raises(subprocess.CalledProcessError):
        VolumeFiles(files.root, die).copy(source, files.volume("volume-2"))
    assert not half.exists()
    half.write_bytes(b"half")  # as if this very process had been killed
    assert [entry.name for entry in files.volumes()] == ["volume-1"]
    VolumeFiles(files.root).prepare()
    assert names(files) == ["volume-1"]


def test_replacing_happens_at_the_end(files: VolumeFiles) -> None:
    path = files.volume("volume-1")
    path.write_bytes(b"old")
    with replacing(path) as part:
        part.write_bytes(b"new")
        assert path.read_bytes() == b"old"
    assert path.read_bytes() == b"new"
    assert names(files) == ["volume-1"]


def test_deleting_twice_is_no_error(files: VolumeFiles) -> None:
    volume, snapshot = files.volume("volume-1"), files.snapshot("volume-1", "snapshot")
    files.create(volume, MIB)
    files.copy(volume, snapshot)
    for _ in range(2):
        files.delete(snapshot)
        files.delete_volume("volume-1")
    assert list(files.root.rglob("*")) == [files.root / "snapshots"]


def test_a_snapshot_outlives_its_volume(files: VolumeFiles) -> None:
    volume, snapshot = files.volume("volume-1"), files.snapshot("volume-1", "snapshot")
    files.create(volume, MIB)
    files.copy(volume, snapshot)
    files.delete_volume("volume-1")
    assert snapshot.exists()


def test_renaming_loses_nothing(files: VolumeFiles) -> None:
    one, two = files.volume("volume-1"), files.volume("volume-2")
    one.write_bytes(b"one")
    files.rename(one, one)
    files.rename(one, two)
    one.write_bytes(b"other")
    with pytest.raises(FileExistsError):
        files.rename(one, two)
    assert two.read_bytes() == b"one"


def test_lists_hold_complete_plain_files(files: VolumeFiles) -> None:
    files.create(files.volume("volume-2"), 2 * MIB)
    files.create(files.volume("volume-1"), MIB)
    files.copy(files.volume("volume-1"), files.snapshot("volume-1", "snapshot-1"))
    files.volume("volume-3.part").write_bytes(b"half")
    files.volume("link").symlink_to("volume-1")
    assert files.volumes() == [
        Entry("volume-1", MIB, "volumes"),
        Entry("volume-2", 2 * MIB, "volumes"),
    ]
    assert files.snapshots() == [Entry("snapshot-1", MIB, "volume-1")]


def test_usage_tells_promises_from_bytes(files: VolumeFiles) -> None:
    files.create(files.volume("volume-1"), GIB)
    files.copy(files.volume("volume-1"), files.snapshot("volume-1", "snapshot-1"))
    assert files.usage().provisioned == 2 * GIB
    assert files.usage().allocated < MIB


@pytest.mark.parametrize(
    "name",
    [None, 7, "", ".", "..", "../x", "a/b", "/etc/passwd", "volume.part", "link"],
)
def test_a_reference_stays_in_its_folder(files: VolumeFiles, name: object) -> None:
    files.volume("volume.part").write_bytes(b"half")
    files.volume("link").symlink_to("/etc/passwd")
    with pytest.raises(ValueError, match="not a"):
        files.find(files.root, name)


def test_a_reference_finds_a_file(files: VolumeFiles) -> None:
    files.volume("data.img").write_bytes(b"x")
    assert files.find(files.root, "data.img") == files.volume("data.img")
    with pytest.raises(FileNotFoundError):
        files.find(files.root, "missing")


@pytest.mark.parametrize(
    ("size", "whole"), [(0, 1), (1, 1), (GIB, 1), (GIB + 1, 2), (5 * GIB, 5)]
)
def test_sizes_round_up_to_whole_gib(size: int, whole: int) -> None:
    assert gib(size) == whole
