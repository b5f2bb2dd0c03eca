# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors

"""What Tricircle adds to the lab, and that pods get nothing of it."""

from pathlib import Path

import pytest

from demo.installation import Tricircle, software
from lab.config import tree
from lab.credentials import Credentials
from lab.paths import Paths
from lab.plan import Plan
from lab.topology import parse

TOPOLOGY = parse(
    {
        "release": "2026.2",
        "central": {"name": "RegionOne", "address": "127.0.10.1"},
        "pods": [{"name": "Pod1", "address": "127.0.11.1"}],
    }
)


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    return Paths(tmp_path)


@pytest.fixture
def credentials(paths: Paths) -> Credentials:
    return Credentials(paths.credentials)


def test_pods_stay_stock(paths: Paths, credentials: Credentials) -> None:
    stock, with_it = (
        Plan(TOPOLOGY, paths, credentials, *addition)
        for addition in ((), [Tricircle()])
    )
    services = {service.name: service for service in with_it.services()}
    for service in stock.services():
        if service.name != "regionone-neutron-api":
            assert services[service.name] == service
    files = tree.files(TOPOLOGY, paths, credentials, Tricircle().files, ("tricircle",))
    for path, text in tree.files(TOPOLOGY, paths, credentials).items():
        if "pod1" in path.parts:
            assert files[path] == text


def test_the_central_neutron_finds_the_driver(
    paths: Paths, credentials: Credentials
) -> None:
    plan = Plan(TOPOLOGY, paths, credentials, Tricircle())
    services = {service.name: service for service in plan.services()}
    environment = services["regionone-neutron-api"].environment
    assert environment["PYTHONPATH"] == str(software.directory(paths))
    assert "PYTHONPATH" not in services["regionone-nova-api"].environment


def test_users_find_the_gateway_and_services_the_stock_apis() -> None:
    entries = list(Tricircle().endpoints(TOPOLOGY.central))
    compute = [entry for entry in entries if entry.type == "compute"]
    assert [(entry.interface, entry.url) for entry in compute] == [
        ("public", "http://127.0.0.1:19998/v2.1")
    ]
    assert {e.interface for e in entries if e.type == "Cascading"} == {
        "admin",
        "internal",
        "public",
    }
    assert not list(Tricircle().endpoints(TOPOLOGY.pods[0]))
