# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""What pods make by themselves counts once, from before they do until it is gone."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from tests.functional.quotas.test_limits import create, made
from tests.functional.threads import at_once
from tricircle.db.engine import Database
from tricircle.db.models import Pod, Route
from tricircle.pods import routing
from tricircle.quotas import ledger
from tricircle.quotas.demand import Demand
from tricircle.quotas.errors import OverQuota
from tricircle.quotas.known import HOLD
from tricircle.quotas.listing import VOLUME, Found, Told
from tricircle.quotas.recount import known, recount

VOLUMES = {"volumes": 2, "gigabytes": 4}


def volume(pod: Pod, id: str) -> Found:
    takes = {"volumes": 1, "gigabytes": 2}
    return Found("volume", id, pod.id, takes, datetime.now(UTC))


def count_volumes(
    database: Database, found: Sequence[Found], pod: Pod, *building: str
) -> None:
    told = [Told(pod.id, found, frozenset(building))]
    since = datetime.now(UTC)
    before = database.retried_read(lambda s: known(s, "p", VOLUME))
    database.retried(lambda s: recount(s, "p", VOLUME, since, before, told))


def hold(database: Database, pod: Pod, limit: int) -> Route:
    demand = Demand("p", VOLUME, VOLUMES, {"volumes": limit})
    return create(database, pod, demand, HOLD)


def held(database: Database) -> dict[str, int]:
    return database.retried_read(lambda s: ledger.used(s, "p", VOLUMES))


def test_of_fifty_servers_with_volumes_as_many_as_fit_are_held(
    database: Database, pods: list[Pod]
) -> None:
    count_volumes(database, [], pods[0])

    def use(number: int) -> bool:
        try:
            hold(database, pods[number % 3], 9)
        except OverQuota:
            return False
        return True

    assert sum(at_once(50, use)) == 4
    assert held(database) == {"volumes": 8, "gigabytes": 16}


def test_volumes_of_a_server_count_once_from_its_create_to_their_end(
    database: Database, pods: list[Pod]
) -> None:
    pod, there = pods[0], [volume(pods[0], "v1"), volume(pods[0], "v2")]
    count_volumes(database, [], pod)
    made(database, hold(database, pod, 2), "s1")
    for found, building in (
        (there[:0], ["s1"]),
        (there[:1], ["s1"]),
        (there, ["s1"]),
        (there, []),
    ):
        count_volumes(database, found, pod, *building)
        assert held(database) == VOLUMES
    with pytest.raises(OverQuota):
        hold(database, pod, 2)
    count_volumes(database, there[1:], pod)
    assert held(database) == {"volumes": 1, "gigabytes": 2}


def test_volumes_that_a_deleted_server_left_count(
    database: Database, pods: list[Pod]
) -> None:
    pod = pods[0]
    count_volumes(database, [], pod)
    made(database, hold(database, pod, 2), "s1")
    with database.write() as session:
        routing.forget(session, "server", "s1", pod.id)
    assert held(database) == VOLUMES
    count_volumes(database, [volume(pod, "v1")], pod)
    assert held(database) == {"volumes": 1, "gigabytes": 2}
    with database.read() as session:
        assert routing.routes(session, resource_type=HOLD) == []


def test_a_volume_that_was_met_while_its_server_is_built_counts_once(
    database: Database, pods: list[Pod]
) -> None:
    pod, there = pods[0], [volume(pods[0], "v1"), volume(pods[0], "v2")]
    count_volumes(database, [], pod)
    made(database, hold(database, pod, 2), "s1")
    with database.write() as session:
        routing.learn(
            session,
            resource_type="volume",
            resource_id="v1",
            pod_id=pod.id,
            project_id="p",
            is_sole=True,
        )
    for building in (["s1"], []):
        count_volumes(database, there, pod, *building)
        assert held(database) == VOLUMES


def test_an_accepted_volume_counts_for_who_has_it(
    database: Database, pods: list[Pod]
) -> None:
    """It was the donor's until the recount meets it."""
    pod, there = pods[0], volume(pods[0], "v1")
    count_volumes(database, [], pod)
    with database.write() as session:
        route = routing.learn(
            session,
            resource_type="volume",
            resource_id="v1",
            pod_id=pod.id,
            project_id="donor",
            is_sole=True,
        )
        ledger.charge(session, route.id, "donor", there.takes)
    taken = hold(database, pod, 2)
    made(database, taken, taken.id)
    count_volumes(database, [there], pod)
    assert held(database) == there.takes
    with database.read() as session:
        assert ledger.used(session, "donor", VOLUMES) == {}


def test_a_refusal_is_doubtful_while_a_hold_may_be_over(
    database: Database, pods: list[Pod]
) -> None:
    count_volumes(database, [], pods[0])
    intent = hold(database, pods[0], 2)
    with pytest.raises(OverQuota) as certain:
        hold(database, pods[0], 2)
    made(database, intent, "s1")
    with pytest.raises(OverQuota) as doubtful:
        hold(database, pods[0], 2)
    assert [certain.value.is_doubtful, doubtful.value.is_doubtful] == [False, True]


def test_a_hold_that_a_dead_gateway_left_ends_once_nobody_can_be_at_work(
    database: Database, pods: list[Pod]
) -> None:
    pod, there = pods[0], [volume(pods[0], "v1")]
    count_volumes(database, [], pod)
    intent = hold(database, pod, 2)
    count_volumes(database, there, pod)
    assert held(database) == VOLUMES
    with database.write() as session:
        then = datetime.now(UTC) - timedelta(minutes=6)
        aged = update(Route).where(Route.id == intent.id).values(created_at=then)
        session.execute(aged)
    count_volumes(database, there, pod, "s1")
    assert held(database) == VOLUMES
    count_volumes(database, there, pod)
    assert held(database) == {"volumes": 1, "gigabytes": 2}
