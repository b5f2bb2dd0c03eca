# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""What creates and changes take, as far as they say it."""

from base64 import b64encode
from typing import Any

import pytest

from tricircle.gateway.services import takes

ORIGIN = {"size": 3, "volume_type": "ssd"}


def volumes(size: int, *types: str) -> dict[str, int]:
    typed = {f"volumes_{name}": 1 for name in types}
    return {
        "volumes": 1,
        "gigabytes": size,
        **typed,
        **{f"gigabytes_{name}": size for name in types},
    }


@pytest.mark.parametrize(
    ("body", "sources", "expected"),
    [
        ({"size": 2}, {}, volumes(2, "__DEFAULT__")),
        ({"size": "2"}, {"volume_type": {"name": "ssd"}}, volumes(2, "ssd")),
        ({"size": 2, "imageRef": "I"}, {}, volumes(2)),
        ({"source_volid": "V"}, {"volume": ORIGIN}, volumes(3, "ssd")),
        ({"source_volid": "V", "size": 5}, {"volume": ORIGIN}, volumes(5, "ssd")),
        ({"snapshot_id": "S"}, {"snapshot": {"size": 4}}, volumes(4)),
        ({"snapshot_id": "S"}, {}, {}),
        ({"size": "many"}, {}, {}),
        ({"size": 0}, {}, {}),
        ({}, {}, {}),
        (None, {}, {}),
    ],
)
def test_a_volume(body: Any, sources: Any, expected: dict[str, int]) -> None:
    assert takes.VOLUME_QUOTA.takes({"volume": body}, sources) == expected


@pytest.mark.parametrize(
    ("body", "sources", "expected"),
    [
        ({"os-extend": {"new_size": 5}}, {"volume": ORIGIN}, volumes(5, "ssd")),
        ({"os-extend": {"new_size": "x"}}, {"volume": ORIGIN}, {}),
        ({"os-extend": {"new_size": 5}}, {}, {}),
        (
            {"os-retype": {"new_type": "hdd"}},
            {"volume": ORIGIN, "volume_type": {"name": "hdd"}},
            volumes(3, "hdd"),
        ),
        ({"os-detach": {}}, {"volume": ORIGIN}, {}),
    ],
)
def test_a_change_of_a_volume(
    body: Any, sources: Any, expected: dict[str, int]
) -> None:
    assert takes.CHANGE_QUOTA.takes(body, sources) == expected


def test_what_a_back_end_has_is_taken_in_as_far_as_it_is_known() -> None:
    assert takes.MANAGED_QUOTA.takes({}, {}) == volumes(0, "__DEFAULT__")
    fast = {"volume_type": {"name": "fast"}}
    assert takes.MANAGED_QUOTA.takes({}, fast) == volumes(0, "fast")


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        (b64encode(b'{"size": 3}').decode(), {"backups": 1, "backup_gigabytes": 3}),
        (b64encode(b"[]").decode(), {}),
        (b64encode(b"\xff").decode(), {}),
        ("u", {}),
        (7, {}),
        (None, {}),
    ],
)
def test_an_imported_backup(record: Any, expected: dict[str, int]) -> None:
    body = {"backup-record": {"backup_service": "s", "backup_url": record}}
    assert takes.IMPORT_QUOTA.takes(body, {}) == expected


def test_snapshots_backups_and_servers() -> None:
    assert takes.SNAPSHOT_QUOTA.takes({}, {"volume": {"size": 2}}) == {
        "snapshots": 1,
        "gigabytes": 2,
    }
    assert takes.BACKUP_QUOTA.takes({}, {"volume": ORIGIN}) == {
        "backups": 1,
        "backup_gigabytes": 3,
    }
    flavor = {"flavor": {"vcpus": 2, "ram": 64}}
    server = {"instances": 1, "cores": 2, "ram": 64}
    assert takes.SERVER_QUOTA.takes({}, flavor) == server
    assert takes.RESIZE_QUOTA.takes({"resize": {}}, flavor) == server
    assert takes.RESIZE_QUOTA.takes({"reboot": {}}, flavor) == {}
