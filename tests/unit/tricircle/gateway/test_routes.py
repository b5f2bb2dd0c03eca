# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Every path and verb that Nova and Cinder route is described, and so served.

``tests/golden/gateway/collect_routes.py`` says where the files come from.
"""

import re
from pathlib import Path

import pytest

from tricircle.gateway.router import Table
from tricircle.gateway.services import SERVICES
from tricircle.gateway.services.compute import COMPUTE
from tricircle.gateway.services.volume import VOLUME
from tricircle.gateway.spec import Service, Strategy

GOLDEN = Path(__file__).parents[3] / "golden" / "gateway"
SOME_ID = "2e4f7b6c-0000-4000-8000-000000000001"


def routes(name: str) -> list[tuple[str, str]]:
    lines = (GOLDEN / f"routes-{name}.txt").read_text().splitlines()
    # The root is a version document, which the application itself answers.
    pairs = (line.split(" ") for line in lines)
    return [(method, path) for method, path in pairs if path != "/"]


ROUTED = [
    pytest.param(service, method, path, id=f"{method} {path}")
    for service, name in ((COMPUTE, "nova"), (VOLUME, "cinder"))
    for method, path in routes(name)
]
TABLES = {service.type: Table(service) for service in SERVICES}


@pytest.mark.parametrize(("service", "method", "path"), ROUTED)
def test_what_a_service_routes_is_described(
    service: Service, method: str, path: str
) -> None:
    below = re.sub(r"\{\w+\}", SOME_ID, path)
    match = TABLES[service.type].match(method, below)
    assert match.action.strategy in Strategy


def test_the_files_are_the_whole_tables() -> None:
    assert len(ROUTED) > 370


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.type)
def test_what_is_refused_says_why(service: Service) -> None:
    for resource in service.resources:
        for action in resource.actions:
            refused = action.strategy is Strategy.REFUSED
            assert bool(action.refusal) == refused
            assert not refused or action.refusal.endswith(".")


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.type)
def test_what_an_action_needs_to_be_served_is_there(service: Service) -> None:
    for resource in service.resources:
        for action in resource.actions:
            strategy = action.strategy
            if strategy is Strategy.BROADCAST:
                assert action.pagination, action.path
            if strategy is Strategy.SCHEDULED and action.methods == ("POST",):
                assert resource.created, action.path
            if strategy is Strategy.SUMMED:
                assert action.sum or action.combine, action.path
            if strategy is Strategy.LOCAL:
                assert action.local, action.path


def test_mirrored_types_that_are_needed_can_be_copied() -> None:
    for service in SERVICES:
        types = {mirror.type for mirror in service.mirrors}
        for resource in service.resources:
            for action in resource.actions:
                assert {field.type for field in action.needs} <= types


def test_types_that_must_be_near_can_be_found() -> None:
    nouns = {r.type for s in SERVICES for r in s.resources if r.show}
    for service in SERVICES:
        for resource in service.resources:
            for action in resource.actions:
                assert {field.type for field in action.near} <= nouns
