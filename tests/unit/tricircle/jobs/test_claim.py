# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors

from tricircle.jobs.claim import Room, choose

DUE = [("a1", "A"), ("a2", "A"), ("a3", "A"), ("none", ""), ("b1", "B"), ("b2", "B")]


def test_the_longest_due_go_first() -> None:
    assert choose(DUE, Room(2, 8, {})) == ["a1", "a2"]


def test_a_pod_takes_no_more_than_its_part() -> None:
    assert choose(DUE, Room(8, 2, {})) == ["a1", "a2", "none", "b1", "b2"]


def test_what_runs_already_counts() -> None:
    assert choose(DUE, Room(8, 2, {"A": 1, "B": 2, "": 5})) == ["a1", "none"]


def test_jobs_of_no_pod_are_bound_by_the_room_alone() -> None:
    due = [(str(number), "") for number in range(9)]
    assert len(choose(due, Room(5, 1, {"": 3}))) == 5


def test_full_pods_are_named() -> None:
    assert Room(8, 2, {"A": 2, "B": 1, "": 5}).full() == ["A"]
