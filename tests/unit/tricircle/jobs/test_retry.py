# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors

import pytest

from tricircle.jobs.retry import BackOff, clean, sentence


def test_the_wait_doubles_up_to_the_cap() -> None:
    back_off = BackOff(first=1, longest=60, chance=lambda: 0)
    waits = [back_off.seconds(attempts) for attempts in range(1, 9)]
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60]


def test_chance_leaves_out_up_to_half() -> None:
    assert BackOff(8, 60, chance=lambda: 1.0).seconds(1) == 4
    assert BackOff(8, 60, chance=lambda: 0.5).seconds(1) == 6


def test_a_million_failures_wait_no_longer_than_the_cap() -> None:
    assert BackOff(1, 300, chance=lambda: 0).seconds(1_000_000) == 300


@pytest.mark.parametrize(
    ("message", "recorded"),
    [
        ("cannot reach\n  the pod", "cannot reach the pod"),
        (
            "mysql://tricircle:secret@10.0.0.1/x is down",
            "mysql://***@10.0.0.1/x is down",
        ),
        ("{'auth': {'password': 'secret'}}", "{'auth': {'password': '***'}}"),
        (f"token {'gAAAAAB' + 'x' * 60} expired", "token *** expired"),
        ("x" * 900, "x" * 499 + "…"),
    ],
)
def test_a_reason_is_one_short_line_without_secrets(
    message: str, recorded: str
) -> None:
    assert clean(message) == recorded


def test_an_unexpected_error_is_named_with_its_first_line() -> None:
    assert sentence(KeyError("mtu")) == "KeyError: 'mtu'"
    assert sentence(ValueError("no\nway")) == "ValueError: no"
    assert sentence(TimeoutError()) == "TimeoutError"
