# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors

import pytest

from demo.boots.figures import Kind, holds, table

QUICK = {
    Kind.DIRECT: [4.0, 3.0, 5.0],
    Kind.FIRST: [9.0, 30.0, 8.5],
    Kind.LATER: [5.0, 4.8, 5.2],
}


def test_a_table_has_the_medians_and_what_is_added() -> None:
    assert [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in table(QUICK).splitlines()
        if line.startswith("|")
    ] == [
        ["a server", "boots", "median", "all", "added", "times", "wanted", ""],
        ["in a pod itself", "3", "4.00 s", "3.00-5.00 s", "", "", "", ""],
        [
            *("through Tricircle, the first on a network", "3", "9.00 s"),
            *("8.50-30.00 s", "5.00 s", "2.25", "less than 10 s more", "pass"),
        ],
        [
            *("through Tricircle, a later one", "3", "5.00 s"),
            *("4.80-5.20 s", "1.00 s", "1.25", "less than 2 s more", "pass"),
        ],
    ]
    assert holds(QUICK)


@pytest.mark.parametrize(("kind", "seconds"), [(Kind.FIRST, 14.0), (Kind.LATER, 6.0)])
def test_what_adds_as_much_as_the_bound_is_too_slow(kind: Kind, seconds: float) -> None:
    slow = QUICK | {kind: [seconds]}
    assert not holds(slow)
    assert table(slow).count("FAIL") == 1


def test_less_than_a_pod_itself_is_all_right() -> None:
    assert holds({kind: [4.0 - number] for number, kind in enumerate(Kind)})
