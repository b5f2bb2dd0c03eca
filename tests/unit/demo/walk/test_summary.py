# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors

from demo.walk.places import Place
from demo.walk.summary import summary


def test_the_summary_is_a_table_of_places() -> None:
    found = [
        Place("security_group", "admit-ping", "g", "Pod1", "g1", "active"),
        Place("server", "vm1", "s", "Pod1", "s", "active"),
    ]
    assert summary("RegionOne", found).splitlines() == [
        "+----------------+------------+-----------------+------+---------------+",
        "| Resource       | Name       | ID in RegionOne | Pod  | ID in the pod |",
        "+----------------+------------+-----------------+------+---------------+",
        "| security group | admit-ping | g               | Pod1 | g1            |",
        "| server         | vm1        | s               | Pod1 | the same      |",
        "+----------------+------------+-----------------+------+---------------+",
    ]


def test_a_walk_without_places_has_an_empty_table() -> None:
    assert len(summary("RegionOne", []).splitlines()) == 4
