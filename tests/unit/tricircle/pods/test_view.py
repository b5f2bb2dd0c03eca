# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors

import pytest

from tricircle.db.models import Health, Pod, PodState
from tricircle.pods.view import Capacity, PodView

SINCE = "2026-01-01T00:00:00+00:00"


def test_a_view_takes_what_probing_recorded() -> None:
    pod = Pod(
        id="1",
        name="Pod1",
        az_name="az1",
        pod_az_name="nova",
        state="cordoned",
        capabilities={
            "placement": {"traits": ["X"], "resource_classes": []},
            "network": {"physical_networks": ["dcivlan"]},
        },
        health="degraded",
        services={
            "compute": {"health": "down", "since": SINCE, "doubts": 0, "error": "x"},
            "network": {"health": "up", "since": SINCE, "doubts": 1, "error": "x"},
        },
    )
    room = Capacity(1, 2, 3, 4)
    assert PodView.of(pod, projects=5, capacity=room) == PodView(
        id="1",
        name="Pod1",
        az_name="az1",
        pod_az_name="nova",
        state=PodState.CORDONED,
        health=Health.DEGRADED,
        away=frozenset(["compute"]),
        projects=5,
        capacity=room,
        traits=frozenset(["X"]),
        resource_classes=frozenset(),
        physical_networks=frozenset(["dcivlan"]),
    )


def test_what_nobody_probed_is_unknown() -> None:
    pod = Pod(
        id="1",
        name="P",
        az_name="a",
        pod_az_name="",
        state="active",
        capabilities={},
        health="up",
        services={},
    )
    assert PodView.of(pod) == PodView("1", "P", "a")


def test_the_central_region_is_no_pod() -> None:
    with pytest.raises(ValueError, match="RegionOne"):
        PodView.of(Pod(name="RegionOne", capabilities={}))
