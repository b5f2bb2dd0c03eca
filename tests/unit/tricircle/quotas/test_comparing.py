# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""What lists correct, and what they are too old for."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from tricircle.quotas.comparing import Corrections, compare
from tricircle.quotas.known import HOLD, Known
from tricircle.quotas.listing import Found, Told

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
TAKES = {"instances": 1, "cores": 2}
LARGER = {"instances": 1, "cores": 4}
ROUTE = Known("R1", "server", "S1", "P1", NOON, charges=TAKES)
INTENT = replace(ROUTE, route_id="R2", id=None, is_pending=True)
THERE = Found("server", "S1", "P1", TAKES, NOON)
NOTHING = Corrections((), {}, ())


VOLUME = Found("volume", "V1", "P1", {"volumes": 1}, NOON)
HELD = Known("R3", HOLD, "S1", "P1", NOON, charges={"volumes": 1})


def corrected(
    *found: Found,
    before: tuple[Known, ...] = (),
    now: tuple[Known, ...] = (),
    building: tuple[str, ...] = (),
) -> Corrections:
    return compare(before, now, [Told("P1", found, frozenset(building))])


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


def test_what_a_server_was_booted_with_is_learned_when_its_hold_ends() -> None:
    done = corrected(VOLUME, before=(HELD,), now=(HELD,))
    assert (done.ended, done.learned) == (("R3",), (VOLUME,))


def test_a_hold_stands_for_all_that_is_new_while_its_server_is_built() -> None:
    met = Known("R4", "volume", "V1", "P1", NOON)
    for now in ((HELD,), (HELD, met)):
        same = corrected(VOLUME, before=(HELD,), now=now, building=("S1",))
        assert same == NOTHING
    older = replace(VOLUME, made_at=NOON - timedelta(hours=1))
    done = corrected(older, before=(HELD,), now=(HELD,), building=("S1",))
    assert (done.ended, done.learned) == ((), (older,))


def test_a_hold_that_came_while_pods_were_asked_stays() -> None:
    assert corrected(VOLUME, now=(HELD,)) == NOTHING
    elsewhere = replace(HELD, pod_id="P2")
    assert corrected(before=(elsewhere,), now=(elsewhere,)) == NOTHING


def test_a_hold_of_which_nobody_heard_ends_when_nothing_can_come_any_more() -> None:
    pending = replace(HELD, id=None, is_pending=True)
    assert corrected(VOLUME, before=(pending,), now=(pending,)) == NOTHING
    old = replace(pending, is_settled=True)
    assert corrected(before=(old,), now=(old,), building=("S9",)) == NOTHING
    assert corrected(VOLUME, before=(old,), now=(old,)).learned == (VOLUME,)


# Two servers with volumes in one pod: S1 is built still, S2 is done.

OTHER = replace(HELD, route_id="R5", id="S2")
BOTH = (HELD, OTHER)
OWN = replace(VOLUME, id="V2", server_id="S2")


def test_a_server_that_is_done_gives_its_volumes_while_another_is_built() -> None:
    done = corrected(VOLUME, OWN, before=BOTH, now=BOTH, building=("S1",))
    assert (done.ended, done.learned) == (("R5",), (OWN,))


def test_a_hold_stays_as_long_as_what_is_new_may_be_its_own() -> None:
    """S2 failed: whose V1 is nobody can tell."""
    same = corrected(VOLUME, before=BOTH, now=BOTH, building=("S1",))
    assert same == NOTHING
    held_two = (HELD, replace(OTHER, charges={"volumes": 2}))
    assert corrected(OWN, before=held_two, now=held_two, building=("S1",)) == NOTHING


def test_a_hold_ends_where_nothing_is_new() -> None:
    done = corrected(before=BOTH, now=BOTH, building=("S1",))
    assert done.ended == ("R5",)
    known = Known("R6", "volume", "V1", "P1", NOON, charges={"volumes": 1})
    now = (*BOTH, known)
    done = corrected(VOLUME, before=now, now=now, building=("S1",))
    assert (done.ended, done.released, done.charged) == (("R5",), (), {})


def test_a_hold_stays_while_a_create_of_a_volume_is_pending() -> None:
    pending = Known("R7", "volume", None, "P1", NOON, is_pending=True)
    assert corrected(VOLUME, before=(HELD,), now=(HELD, pending)) == NOTHING
    elsewhere = replace(pending, pod_id="P2")
    server = replace(pending, type="server")
    for other in (elsewhere, server):
        done = corrected(VOLUME, before=(HELD,), now=(HELD, other))
        assert (done.ended, done.learned) == (("R3",), (VOLUME,))
