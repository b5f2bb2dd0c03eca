# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Whatever the gateway writes routes for can be looked at in its pod."""

from tricircle.gateway.services import SERVICES
from tricircle.gateway.spec import Strategy
from tricircle.placed.nouns import NOUNS


def test_every_placed_type_has_its_place() -> None:
    placed = {
        resource.type: resource
        for service in SERVICES
        for resource in service.resources
        for action in resource.actions
        if action.strategy == Strategy.SCHEDULED and resource.show
    }
    assert placed.keys() == NOUNS.keys()
    for type_, resource in placed.items():
        assert resource.show == f"{NOUNS[type_].path}/{{}}"


def test_only_a_project_s_own_is_looked_for() -> None:
    assert {type_ for type_, noun in NOUNS.items() if noun.project} == {
        "server",
        "volume",
        "snapshot",
    }
