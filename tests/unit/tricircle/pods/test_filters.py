# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Each filter: a request, a pod, and the reason to refuse it, or None."""

import pytest

from tricircle.db.models import Health, PodState
from tricircle.pods.filters.az import AzFilter
from tricircle.pods.filters.capacity import CapacityFilter
from tricircle.pods.filters.contract import Filter
from tricircle.pods.filters.flavor import FlavorFilter
from tricircle.pods.filters.health import HealthFilter
from tricircle.pods.filters.locality import LocalityFilter
from tricircle.pods.filters.network_reach import NetworkReachFilter
from tricircle.pods.filters.state import StateFilter
from tricircle.pods.request import Flavor, Neighbour, Network, Request
from tricircle.pods.view import Capacity, PodView

SMALL = Flavor("small", vcpus=1, memory_mb=512, disk_gb=1)


def pod(**facts: object) -> PodView:
    return PodView(**{"id": "1", "name": "Pod1", "az_name": "az1"} | facts)  # type: ignore[arg-type]


def request(**facts: object) -> Request:
    return Request(**{"project_id": "p"} | facts)  # type: ignore[arg-type]


def wants(**specs: str) -> Request:
    named = {name.replace("__", ":"): value for name, value in specs.items()}
    return request(flavor=Flavor("gpu", 1, 1, 1, named))


def on(*networks: Network) -> Request:
    return request(networks=networks)


def local(*pod_ids: str) -> Network:
    return Network("n", is_local=True, pod_ids=frozenset(pod_ids))


def free(vcpus: int, memory_mb: int, disk_gb: int) -> PodView:
    return pod(capacity=Capacity(vcpus, memory_mb, disk_gb, 4096))


WIRED = Network("n", is_local=False, physical_network="dcivlan")
AWAY = pod(away=frozenset(["compute", "placement"]))
VOLUMES = tuple(Neighbour("volume", name, where) for name, where in ("a1", "b2"))

CASES: list[tuple[Filter, Request, PodView, str | None]] = [
    (AzFilter(), request(az_name="az1"), pod(), None),
    (AzFilter(), request(az_name=None), pod(), None),
    (AzFilter(), request(az_name="az2"), pod(), "is in az1, not in az2"),
    (AzFilter(), request(az_name="AZ1"), pod(), "is in az1, not in AZ1"),
    (StateFilter(), request(), pod(), None),
    (StateFilter(), request(), pod(state=PodState.CORDONED), "is cordoned"),
    # A flavor that asks for nothing by name, and a pod of which nothing is known.
    (FlavorFilter(), request(), pod(traits=frozenset()), None),
    (FlavorFilter(), wants(), pod(traits=frozenset()), None),
    (FlavorFilter(), wants(trait__X="required"), pod(), None),
    (FlavorFilter(), wants(trait__X="required"), pod(traits=frozenset("X")), None),
    (
        FlavorFilter(),
        wants(trait__X="required", trait1__Y="required", trait__Z="forbidden"),
        pod(traits=frozenset()),
        "lacks X, Y of flavor gpu",
    ),
    (
        FlavorFilter(),
        wants(resources_net1__VGPU="1", resources__VCPU="0", hw__policy="x"),
        pod(resource_classes=frozenset(["MEMORY_MB"])),
        "lacks VGPU of flavor gpu",
    ),
    (NetworkReachFilter(), on(), pod(), None),
    (NetworkReachFilter(), on(local()), pod(), None),
    (NetworkReachFilter(), on(local("1")), pod(), None),
    (
        NetworkReachFilter(),
        on(local("1"), local("2")),
        pod(),
        "network n can't span pods and is in another one",
    ),
    (
        NetworkReachFilter(),
        on(Network("n", is_local=False, pod_ids=frozenset("2"))),
        pod(),
        None,
    ),
    (NetworkReachFilter(), on(WIRED), pod(), None),
    (NetworkReachFilter(), on(WIRED), pod(physical_networks={"dcivlan"}), None),
    (
        NetworkReachFilter(),
        on(WIRED),
        pod(physical_networks=frozenset()),
        "has no dcivlan, on which network n is",
    ),
    (HealthFilter(), request(), pod(), None),
    (HealthFilter(), request(), pod(health=Health.DOWN), "is down"),
    (HealthFilter(), request(), AWAY, None),
    (HealthFilter(), request(flavor=SMALL), pod(), None),
    (HealthFilter(), request(flavor=SMALL), pod(health=Health.DEGRADED), None),
    (
        HealthFilter(),
        request(flavor=SMALL),
        AWAY,
        "has no compute, placement service now",
    ),
    (
        HealthFilter(),
        request(),
        pod(away=frozenset(["block-storage"])),
        "has no block-storage service now",
    ),
    (LocalityFilter(), request(), pod(), None),
    (LocalityFilter(), request(beside=VOLUMES[:1]), pod(), None),
    (LocalityFilter(), request(beside=VOLUMES), pod(), "does not have volume b"),
    (CapacityFilter(), request(), free(0, 0, 0), None),
    (CapacityFilter(), request(flavor=SMALL), pod(), None),
    (CapacityFilter(), request(flavor=SMALL), free(1, 512, 1), None),
    (
        CapacityFilter(),
        request(flavor=SMALL),
        free(1, 511, 1),
        "has only 511 of 512 MiB of memory",
    ),
    (
        CapacityFilter(),
        request(flavor=SMALL, count=3),
        free(2, 4096, 2),
        "has only 2 of 3 vCPUs, 2 of 3 GiB of disk",
    ),
]


@pytest.mark.parametrize(("asked", "wish", "view", "reason"), CASES)
def test_a_filter(
    asked: Filter, wish: Request, view: PodView, reason: str | None
) -> None:
    assert asked.refuse(wish, view) == reason


def test_a_pod_is_left_for_good_only_for_what_lasts() -> None:
    filters: list[type[Filter]] = [
        AzFilter,
        StateFilter,
        FlavorFilter,
        HealthFilter,
        NetworkReachFilter,
        LocalityFilter,
        CapacityFilter,
    ]
    lasting = {it for it in filters if it.is_lasting}
    assert lasting == {StateFilter, CapacityFilter}


@pytest.mark.parametrize("facts", [{"project_id": ""}, {"count": 0}])
def test_half_a_request_is_refused(facts: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"project|place 0"):
        request(**facts)
