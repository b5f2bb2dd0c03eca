# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors

import time
from collections.abc import Callable

import pytest

from tricircle.jobs.errors import LeaseLost
from tricircle.jobs.lease import Lease


def lease(seconds: float, renew: Callable[[Lease], None] = lambda _: None) -> Lease:
    return Lease("j1", 7, time.monotonic() + seconds, renew)


def test_a_renewed_lease_is_good() -> None:
    held = lease(-1, lambda lease: lease.extend(time.monotonic() + 60))
    assert not held.still_mine()
    held.check()
    assert held.still_mine()


def test_while_nobody_can_be_asked_it_is_good_until_it_ends() -> None:
    lease(60).check()
    with pytest.raises(LeaseLost, match="job j1 ran out"):
        lease(-1).check()


def test_a_lease_that_was_taken_over_is_lost_at_once() -> None:
    held = lease(60, lambda lease: lease.lose("taken over"))
    with pytest.raises(LeaseLost, match="taken over"):
        held.check()


def test_a_lost_lease_stays_lost() -> None:
    held = lease(60, lambda lease: lease.extend(time.monotonic() + 60))
    held.lose("the worker stops")
    held.lose("some later reason")
    with pytest.raises(LeaseLost, match="the worker stops"):
        held.check()
    assert not held.still_mine()


def test_an_older_answer_does_not_shorten_it() -> None:
    held = lease(60)
    held.extend(time.monotonic() - 1)
    assert held.still_mine()
