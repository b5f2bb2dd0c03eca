# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors

import pytest

from tricircle.db.models import Pod, PodState
from tricircle.pods.view import Capacity, PodView


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
    )
    room = Capacity(1, 2, 3, 4)
    assert PodView.of(pod, projects=5, capacity=room) == PodView(
        id="1",
        name="Pod1",
        az_name="az1",
        pod_az_name="nova",
        state=PodState.CORDONED,
        projects=5,
        capacity=room,
        traits=frozenset(["X"]),
        resource_classes=frozenset(),
        physical_networks=frozenset(["dcivlan"]),
    )


def test_what_nobody_probed_is_unknown() -> None:
    pod = Pod(
        id="1", name="P", az_name="a", pod_az_name="", state="active", capabilities={}
    )
    assert PodView.of(pod) == PodView("1", "P", "a")


def test_the_central_region_is_no_pod() -> None:
    with pytest.raises(ValueError, match="RegionOne"):
        PodView.of(Pod(name="RegionOne", capabilities={}))
