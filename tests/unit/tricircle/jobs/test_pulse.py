# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors

from tricircle.jobs.pulse import Pulse


def test_a_loop_that_does_not_turn_is_an_ailment() -> None:
    seconds = 100.0
    pulse = Pulse(5, clock=lambda: seconds)
    seconds += 60  # a slow database
    assert pulse.ailment() is None
    seconds += 10
    assert pulse.ailment() == "this worker has not looked for jobs for 70 s"
    pulse.turned()
    assert pulse.ailment() is None


def test_a_database_that_is_away_is_one_until_it_is_back() -> None:
    pulse = Pulse(5)
    pulse.turned("the database does not answer")
    assert pulse.ailment() == "the database does not answer"
    pulse.turned()
    assert pulse.ailment() is None
