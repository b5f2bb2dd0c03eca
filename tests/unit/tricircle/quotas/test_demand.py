# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Whether something fits, and how many of it."""

import pytest

from tricircle.quotas.demand import Demand, overs, room

TAKES = {"instances": 1, "cores": 2, "ram": 512}


def demand(**limits: int) -> Demand:
    return Demand("p", "compute", TAKES, limits)


@pytest.mark.parametrize(
    ("limits", "used", "exceeded"),
    [
        ({"instances": 2}, {"instances": 1}, ()),
        ({"instances": 2}, {"instances": 2}, ("instances",)),
        ({"instances": 0}, {}, ("instances",)),
        ({"instances": -1, "cores": -1}, {"instances": 99}, ()),
        ({}, {"instances": 99}, ()),
        ({"ram": 511, "cores": 1, "instances": 1}, {}, ("cores", "ram")),
    ],
)
def test_a_limit_is_exceeded_by_one_more(
    limits: dict[str, int], used: dict[str, int], exceeded: tuple[str, ...]
) -> None:
    assert overs(demand(**limits), used) == exceeded


def test_what_takes_nothing_of_a_limit_passes_it_where_it_is_exceeded() -> None:
    free = Demand("p", "compute", {"instances": 1, "cores": 0}, {"cores": 1})
    assert overs(free, {"cores": 5}) == ()


@pytest.mark.parametrize(
    ("limits", "used", "count"),
    [
        ({}, {}, 9),
        ({"instances": 3}, {"instances": 1}, 2),
        ({"instances": 8, "cores": 7}, {"cores": 2}, 2),
        ({"instances": 1}, {"instances": 4}, 0),
    ],
)
def test_as_many_fit_as_the_tightest_limit_allows(
    limits: dict[str, int], used: dict[str, int], count: int
) -> None:
    assert room(demand(**limits), used, 9) == count
    if count:
        assert overs(demand(**limits).times(count), used) == ()
