# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors

import pytest

from tests.unit.tricircle.pods.world import CAPABILITIES, World
from tricircle.db.engine import Database
from tricircle.db.models import Health, Pod
from tricircle.pods import observation
from tricircle.pods.errors import PodNotFound
from tricircle.pods.health import Patience
from tricircle.pods.intent import Wanted
from tricircle.pods.membership import Membership


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def pod(database: Database, world: World) -> Pod:
    membership = Membership(database, world, world)
    membership.join(Wanted("RegionOne"))
    return membership.join(Wanted("Pod1", "az1"))


def look(database: Database, world: World, pod: Pod) -> Pod:
    return observation.look(database, world, pod.id, Patience(2, 2))[0]


def test_a_new_pod_is_up(pod: Pod) -> None:
    assert pod.health == Health.UP
    assert set(pod.services) == set(CAPABILITIES)
    assert pod.checked_at is not None


def test_a_look_is_no_change(database: Database, world: World, pod: Pod) -> None:
    seen = look(database, world, pod)
    assert seen.checked_at
    assert pod.checked_at
    assert seen.checked_at > pod.checked_at
    assert (seen.updated_at, seen.health_since) == (pod.updated_at, pod.health_since)


def test_what_fails_is_down_after_a_while(
    database: Database, world: World, pod: Pod
) -> None:
    world.failures = {"network": "Neutron does not answer"}
    first = look(database, world, pod)
    assert (first.health, first.services["network"]["doubts"]) == (Health.UP, 1)
    assert first.services["network"]["error"] == "Neutron does not answer"
    second = look(database, world, pod)
    assert (second.health, second.services["network"]["health"]) == (
        Health.DEGRADED,
        "down",
    )
    assert second.health_since > pod.health_since
    assert second.services["compute"] == first.services["compute"]


def test_what_an_upgrade_brings_is_recorded(
    database: Database, world: World, pod: Pod
) -> None:
    world.capabilities = {**CAPABILITIES, "compute": {"max_microversion": "2.110"}}
    seen = look(database, world, pod)
    assert seen.capabilities == world.capabilities
    assert seen.updated_at > pod.updated_at


def test_what_fails_keeps_what_it_could(
    database: Database, world: World, pod: Pod
) -> None:
    world.failures = {"compute": "it does not answer", "placement": "it neither"}
    assert look(database, world, pod).capabilities == CAPABILITIES
    world.capabilities = {"compute": {}}
    world.failures = {}
    assert look(database, world, pod).capabilities == {"compute": {}}


def test_a_pod_that_is_gone(database: Database, world: World, pod: Pod) -> None:
    Membership(database, world, world).leave(pod.id)
    with pytest.raises(PodNotFound):
        look(database, world, pod)
