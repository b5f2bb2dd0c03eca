# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""What of a router shall be in which pods, as the golden file says.

Addresses are written as where they are: ``s1@pod1`` is the replica's, ``s1@pod1+``
the east-west router's, ``bridge4@pod1`` that one's in the bridge network.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from tricircle.network.reconcilers.router_plan import (
    Gateway,
    Interface,
    Layout,
    Replica,
    Seats,
    StaticRoute,
    Subnet,
    View,
    layout,
    replicas,
)

GOLDEN = Path(__file__).parents[3] / "golden" / "routers" / "plan.yaml"
CASES = yaml.safe_load(GOLDEN.read_text())


def view_of(told: Mapping[str, Any]) -> View:
    pods = tuple(told.get("pods", ("pod1", "pod2", "pod3")))
    local = told.get("local", ())
    gateway = told.get("gateway")
    return View(
        interfaces=tuple(
            Interface(port_id, f"net-{port_id}", tuple(subnets))
            for port_id, subnets in told["interfaces"].items()
        ),
        subnets={
            one: Subnet(one, cidr, frozenset(() if one in local else pods))
            for one, cidr in told["subnets"].items()
        },
        realised={one: frozenset(pods) for one, pods in told["realised"].items()},
        pods=pods,
        gateway=Gateway("ext", gateway["pod"], gateway["addresses"])
        if gateway
        else None,
        routes=tuple(StaticRoute(*one) for one in told.get("routes", {}).items()),
    )


def seats_of(view: View, found: Layout) -> Seats:
    return Seats(
        {
            (interface.port_id, pod): {
                one: f"{one}@{pod}" for one in interface.subnet_ids
            }
            for pod, interfaces in found.interfaces.items()
            for interface in interfaces
        },
        {
            pod: {one.subnet_id: f"{one.subnet_id}@{pod}+" for one in transits.values()}
            for pod, transits in found.transits.items()
        },
        {
            pod: {version: f"bridge{version}@{pod}" for version in (4, 6)}
            for pod in found.transits
        },
    )


def shown(replica: Replica) -> dict[str, Any]:
    told: dict[str, Any] = {
        "interfaces": sorted(replica.interfaces),
        "routes": routes(replica.routes),
    }
    if replica.gateway:
        told["gateway"] = replica.gateway.network_id
    if replica.east_west:
        told["east_west"] = {
            "transits": sorted(replica.east_west.transits),
            "routes": routes(replica.east_west.routes),
        }
    return told


def routes(found: frozenset[StaticRoute]) -> dict[str, str]:
    told = {route.destination: route.nexthop for route in found}
    assert len(told) == len(found)
    return told


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["case"]))
def test_the_golden_file_is_followed(case: Mapping[str, Any]) -> None:
    view = view_of(case["in"])
    found = layout(view, case["in"].get("former", {}))
    planned = replicas(view, found, seats_of(view, found))
    assert {pod: shown(replica) for pod, replica in planned.items()} == case["out"]


def test_a_seat_that_lacks_is_told() -> None:
    view = view_of(CASES[1]["in"])
    with pytest.raises(KeyError):
        replicas(view, layout(view, {}), Seats({}))
