# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""What lists correct, and what they are too old for."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from tricircle.quotas.comparing import Corrections, Known, compare
from tricircle.quotas.listing import Found

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
TAKES = {"instances": 1, "cores": 2}
LARGER = {"instances": 1, "cores": 4}
ROUTE = Known("R1", "server", "S1", "P1", NOON, charges=TAKES)
INTENT = replace(ROUTE, route_id="R2", id=None, is_pending=True)
THERE = Found("server", "S1", "P1", TAKES, NOON)
NOTHING = Corrections((), {}, ())


def corrected(
    *found: Found, before: tuple[Known, ...] = (), now: tuple[Known, ...] = ()
) -> Corrections:
    return compare(before, now, found, ["P1"])


def test_what_agrees_stays() -> None:
    assert corrected(THERE, before=(ROUTE,), now=(ROUTE,)) == NOTHING


def test_what_was_there_before_and_is_not_listed_is_released() -> None:
    assert corrected(before=(ROUTE,), now=(ROUTE,)).released == ("R1",)


def test_what_came_while_pods_were_asked_is_not_released() -> None:
    assert corrected(now=(ROUTE,)) == NOTHING
    assert corrected(before=(replace(ROUTE, is_pending=True),), now=(ROUTE,)) == NOTHING


def test_what_is_in_a_pod_that_was_not_asked_is_not_released() -> None:
    elsewhere = replace(ROUTE, pod_id="P2")
    assert corrected(before=(elsewhere,), now=(elsewhere,)) == NOTHING


def test_what_takes_something_else_is_charged_so() -> None:
    larger = replace(THERE, takes=LARGER)
    assert corrected(larger, before=(ROUTE,), now=(ROUTE,)).charged == {"R1": LARGER}


def test_what_was_met_without_a_charge_gets_one() -> None:
    met = replace(ROUTE, charges={})
    assert corrected(THERE, now=(met,)).charged == {"R1": TAKES}


def test_a_charge_that_changed_meanwhile_is_newer_than_the_list() -> None:
    changed = replace(ROUTE, charges=LARGER)
    assert corrected(THERE, before=(ROUTE,), now=(changed,)) == NOTHING


def test_what_was_raised_a_moment_ago_is_not_lowered() -> None:
    raised = replace(ROUTE, charges=LARGER, is_raised=True)
    assert corrected(THERE, before=(raised,), now=(raised,)) == NOTHING
    settled = replace(raised, is_raised=False)
    assert corrected(THERE, before=(settled,), now=(settled,)).charged == {"R1": TAKES}


def test_what_nobody_knew_is_learned() -> None:
    assert corrected(THERE).learned == (THERE,)


def test_what_a_pending_create_may_have_made_is_not_learned() -> None:
    assert corrected(THERE, now=(INTENT,)) == NOTHING
    older = replace(THERE, made_at=NOON - timedelta(hours=1))
    assert corrected(older, now=(INTENT,)).learned == (older,)


def test_a_pending_create_of_something_else_is_in_nobodys_way() -> None:
    volume = replace(INTENT, type="volume")
    elsewhere = replace(INTENT, pod_id="P2")
    assert corrected(THERE, now=(volume, elsewhere)).learned == (THERE,)
