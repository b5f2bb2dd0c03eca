# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""What items of pods' lists take."""

from datetime import UTC, datetime

from tricircle.quotas.listing import COMPUTE, VOLUME, found, query

MADE = {"created_at": "2026-11-22T12:00:00.000000"}


def test_a_server_takes_what_its_flavor_has() -> None:
    server = {
        "id": "S1",
        "tenant_id": "p",
        "flavor": {"vcpus": 2, "ram": 512},
        "created": "2026-11-22T12:00:00Z",
    }
    foreign = {**server, "id": "S2", "tenant_id": "q"}
    (item,) = found(COMPUTE, "P1", "p", {"server": [server, foreign]})
    assert (item.id, item.pod_id) == ("S1", "P1")
    assert item.takes == {"instances": 1, "cores": 2, "ram": 512}
    assert item.made_at == datetime(2026, 11, 22, 12, tzinfo=UTC)


def test_volumes_and_what_is_made_of_them() -> None:
    whose = "os-vol-tenant-attr:tenant_id"
    volume = {"id": "V1", whose: "p", "size": 3, "volume_type": "ssd", **MADE}
    own = {**volume, "id": "V2", "consumes_quota": False}
    snapshot = {
        "id": "N1",
        "os-extended-snapshot-attributes:project_id": "p",
        "volume_id": "V1",
        "size": 3,
        **MADE,
    }
    of_another = {**snapshot, "id": "N2", "volume_id": "V9"}
    backup = {"id": "B1", "os-backup-project-attr:project_id": "p", "size": 3, **MADE}
    lists = {
        "volume": [volume, own],
        "snapshot": [snapshot, of_another],
        "backup": [backup],
    }
    assert {item.id: item.takes for item in found(VOLUME, "P1", "p", lists)} == {
        "V1": {"volumes": 1, "gigabytes": 3, "volumes_ssd": 1, "gigabytes_ssd": 3},
        "N1": {"snapshots": 1, "gigabytes": 3, "snapshots_ssd": 1, "gigabytes_ssd": 3},
        "N2": {"snapshots": 1, "gigabytes": 3},
        "B1": {"backups": 1, "backup_gigabytes": 3},
    }


def test_pages_are_of_one_project() -> None:
    first = query("p", None)
    assert first == {"all_tenants": "1", "project_id": "p", "limit": "1000"}
    assert query("p", "S9") == {**first, "marker": "S9"}


def test_a_volume_tells_the_server_that_has_it() -> None:
    volume = {"id": "V1", "os-vol-tenant-attr:tenant_id": "p", "size": 3, **MADE}
    attached = {**volume, "attachments": [{"server_id": "S1", "device": "/dev/vda"}]}
    for item, expected in ((volume, ""), (attached, "S1")):
        lists = {"volume": [item], "snapshot": [], "backup": []}
        (one,) = found(VOLUME, "P1", "p", lists)
        assert one.server_id == expected
