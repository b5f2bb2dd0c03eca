# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tricircle.db.models import Health, Pod
from tricircle.pods import health
from tricircle.pods.health import Condition, Patience

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
NEW = Condition(Health.UP, BEGIN)
WORDS = "it does not answer"

STEADY = settings(database=None, deadline=None, derandomize=True)

#: A look: whether each service answered.
LOOKS = st.lists(st.tuples(st.booleans(), st.booleans()), max_size=40)
PATIENCE = st.builds(Patience, st.integers(1, 5), st.integers(1, 5))


def seen(*answers: bool) -> dict[str, str | None]:
    return {
        f"service{number}": None if is_answered else WORDS
        for number, is_answered in enumerate(answers)
    }


def after(
    looks: Sequence[tuple[bool, ...]], patience: Patience, before: Condition = NEW
) -> Condition:
    for number, look in enumerate(looks, 1):
        now = BEGIN + timedelta(minutes=number)
        before = health.observe(before, seen(*look), now, patience)
    return before


def oracle(answers: Sequence[bool], patience: Patience) -> tuple[bool, int]:
    """Whether a service is up, and which look made it so, by its whole history."""
    is_up, changed = True, 1
    begin = 0
    for number, _ in enumerate(answers, 1):
        needed = patience.falls if is_up else patience.rises
        row = answers[max(begin, number - needed) : number]
        if len(row) == needed and all(answer != is_up for answer in row):
            is_up, changed, begin = not is_up, number, number
    return is_up, changed


@STEADY
@given(LOOKS.filter(bool), PATIENCE)
def test_a_service_is_what_its_history_says(
    looks: list[tuple[bool, bool]], patience: Patience
) -> None:
    found = after(looks, patience)
    for number in range(2):
        is_up, changed = oracle([look[number] for look in looks], patience)
        service = found.services[f"service{number}"]
        assert service.is_up == is_up
        assert service.since == BEGIN + timedelta(minutes=changed)
        assert service.error == (None if looks[-1][number] else WORDS)


@STEADY
@given(LOOKS, PATIENCE)
def test_a_pod_is_what_its_services_are(
    looks: list[tuple[bool, bool]], patience: Patience
) -> None:
    before = NEW
    for number, look in enumerate(looks, 1):
        now = BEGIN + timedelta(minutes=number)
        found = health.observe(before, seen(*look), now, patience)
        up = [one.is_up for one in found.services.values()]
        assert (found.health is Health.UP) == all(up)
        assert (found.health is Health.DOWN) == (not any(up))
        assert (found.since == now) == (found.health is not before.health)
        assert found.away == {t for t, one in found.services.items() if not one.is_up}
        before = found


@STEADY
@given(LOOKS, PATIENCE)
def test_whatever_was_before_enough_looks_decide(
    looks: list[tuple[bool, bool]], patience: Patience
) -> None:
    before = after(looks, patience)
    down = after([(False, False)] * patience.falls, patience, before)
    assert down.health is Health.DOWN
    assert after([(True, True)] * patience.rises, patience, down).health is Health.UP


@STEADY
@given(LOOKS, PATIENCE)
def test_a_record_holds_all_of_it(
    looks: list[tuple[bool, bool]], patience: Patience
) -> None:
    found = after(looks, patience)
    assert Condition.of(Pod(**found.columns())) == found


@STEADY
@given(LOOKS, PATIENCE, st.floats(0, 1), st.floats(0.1, 1e6))
def test_the_next_look_is_near_its_time_and_sooner_in_doubt(
    looks: list[tuple[bool, bool]], patience: Patience, chance: float, interval: float
) -> None:
    found = after(looks, patience)
    share = health.wait(found, interval, lambda: chance) / interval
    if any(one.doubts for one in found.services.values()):
        assert share <= 0.3126
    else:
        assert 0.7499 <= share <= 1.2501


def test_a_hundred_pods_that_begin_at_once_do_not_stay_together() -> None:
    chance = Random(1).random  # noqa: S311 (no secret)
    looks: Counter[int] = Counter()
    for _ in range(100):
        second = 0.0
        while second < 3600:
            looks[int(second)] += 1
            second += health.wait(NEW, 60, chance)
    assert looks[0] == 100
    assert max(looks[second] for second in range(1200, 3600)) <= 10


def test_a_blip_is_not_told() -> None:
    blip = [(True, True), (True, False), (True, False), (True, True)] * 5
    found = after(blip, Patience(3, 2))
    assert (found.health, found.since) == (Health.UP, BEGIN)


def test_what_is_not_there_any_more_is_forgotten() -> None:
    found = after([(True, False)] * 3, Patience())
    assert found.health is Health.DEGRADED
    assert after([(True,)], Patience(), found).health is Health.UP


@pytest.mark.parametrize(("falls", "rises"), [(0, 1), (1, 0), (-1, 2)])
def test_patience_is_at_least_one_look(falls: int, rises: int) -> None:
    with pytest.raises(ValueError, match="one look"):
        Patience(falls, rises)
