# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors

"""What the lab makes of an addition that the topology names."""

from dataclasses import replace

import pytest

from lab import addition
from lab.addition import Addition
from lab.errors import TopologyError
from lab.topology import parse

TOPOLOGY = parse(
    {
        "release": "2026.2",
        "central": {"name": "RegionOne", "address": "127.0.10.1"},
        "pods": [{"name": "Pod1", "address": "127.0.11.1"}],
    }
)


class Nothing(Addition):
    """An addition by another name."""


def test_without_a_name_nothing_is_added() -> None:
    assert type(addition.load(TOPOLOGY)) is Addition


def test_the_class_that_is_named_is_loaded() -> None:
    named = replace(TOPOLOGY, addition=f"{__name__}:Nothing")
    assert isinstance(addition.load(named), Addition)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("no.such.module:Name", "No module named"),
        ("lab.addition:Nobody", "has no attribute 'Nobody'"),
        ("lab.addition", "should be MODULE:CLASS"),
        ("pathlib:Path", "is no Addition"),
    ],
)
def test_what_cannot_be_loaded_is_named(name: str, message: str) -> None:
    with pytest.raises(TopologyError, match=message):
        addition.load(replace(TOPOLOGY, addition=name))
