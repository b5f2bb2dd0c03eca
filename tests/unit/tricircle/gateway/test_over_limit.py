# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Refusals are in the services' own words."""

import json

import pytest

from tricircle.gateway.errors import answer
from tricircle.gateway.over_limit import refusal
from tricircle.gateway.ports import Counts
from tricircle.gateway.services.compute import COMPUTE
from tricircle.gateway.services.volume import VOLUME
from tricircle.quotas.demand import Demand, overs
from tricircle.quotas.errors import OverQuota


def over(
    service: str, takes: dict[str, int], limits: dict[str, int], used: dict[str, int]
) -> OverQuota:
    demand = Demand("p", service, takes, limits)
    return OverQuota(demand, overs(demand, used), used, is_doubtful=False)


def test_nova_names_each_limit() -> None:
    takes = {"instances": 1, "cores": 2, "ram": 512}
    limits = {"instances": 10, "cores": 20, "ram": 9999}
    error = refusal(over("compute", takes, limits, {"instances": 10, "cores": 20}))
    assert error.status == 403
    assert error.headers == []
    assert error.message == (
        "Quota exceeded for cores, instances: Requested 2, 1, but already used 20, 10 "
        "of 20, 10 cores, instances"
    )


def test_nova_says_how_many_were_asked_for() -> None:
    whole = over("compute", {"instances": 9, "cores": 9}, {"instances": 3}, {})
    assert refusal(whole, Counts(4, 9)).message == (
        "Quota exceeded for instances: Requested 4-9, but already used 0 of 3 instances"
    )


@pytest.mark.parametrize(
    ("takes", "limits", "used", "message"),
    [
        (
            {"volumes": 1, "gigabytes": 2},
            {"volumes": 4, "gigabytes": 9},
            {"volumes": 4},
            "Maximum number of volumes allowed (4) exceeded for quota 'volumes'.",
        ),
        (
            {"volumes": 1, "gigabytes": 2},
            {"volumes": 4, "gigabytes": 9},
            {"volumes": 4, "gigabytes": 8},
            "Requested volume or snapshot exceeds allowed gigabytes quota. Requested "
            "2G, quota is 9G and 8G has been consumed.",
        ),
        (
            {"volumes": 1, "gigabytes": 2, "volumes_ssd": 1, "gigabytes_ssd": 2},
            {"volumes_ssd": 0},
            {},
            "Maximum number of volumes allowed (0) exceeded for quota 'volumes_ssd'.",
        ),
        (
            {"snapshots": 1, "gigabytes": 2},
            {"snapshots": 3},
            {"snapshots": 3},
            "Maximum number of snapshots allowed (3) exceeded",
        ),
        (
            {"backups": 1, "backup_gigabytes": 2},
            {"backups": 3, "backup_gigabytes": 1},
            {"backups": 3},
            "Requested backup exceeds allowed Backup gigabytes quota. Requested 2G, "
            "quota is 1G and 0G has been consumed.",
        ),
        (
            {"backups": 1, "backup_gigabytes": 2},
            {"backups": 3},
            {"backups": 3},
            "Maximum number of backups allowed (3) exceeded",
        ),
        (
            {"volumes": 1, "gigabytes": 2, "snapshots": 2},
            {"snapshots": 1},
            {},
            "Maximum number of snapshots allowed (1) exceeded",
        ),
    ],
)
def test_cinder_names_the_first_limit(
    takes: dict[str, int], limits: dict[str, int], used: dict[str, int], message: str
) -> None:
    error = refusal(over("volume", takes, limits, used))
    assert (error.status, error.message) == (413, message)
    assert error.headers == [(b"retry-after", b"0")]


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        (
            "volumes",
            "Maximum number of volumes allowed (0) exceeded for quota 'volumes'.",
        ),
        ("snapshots", "Quota exceeded for resources: snapshots"),
    ],
)
def test_nova_forbids_what_cinder_has_no_room_for(kind: str, message: str) -> None:
    error = refusal(over("volume", {kind: 1, "gigabytes": 1}, {kind: 0}, {}))
    said = answer(error, COMPUTE)
    assert isinstance(said.body, bytes)
    expected = {"forbidden": {"code": 403, "message": message}}
    assert (said.status, json.loads(said.body)) == (403, expected)
    assert answer(error, VOLUME).status == 413
