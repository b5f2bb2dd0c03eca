# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Limits hold over all pods, whoever comes at once, and whatever pods do themselves."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import pytest
from sqlalchemy.orm import Session

from tests.functional.threads import at_once
from tricircle.db.engine import Database
from tricircle.db.models import Pod, Route, RouteState
from tricircle.pods import routing
from tricircle.quotas import ledger
from tricircle.quotas.demand import Demand
from tricircle.quotas.errors import OverQuota, QuotaError, Uncounted
from tricircle.quotas.listing import COMPUTE, Found, Told
from tricircle.quotas.recount import known, recount

SMALL = {"instances": 1, "cores": 2, "ram": 512}
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


def wanted(**limits: int) -> Demand:
    return Demand("p", COMPUTE, SMALL, limits)


def count(
    database: Database,
    found: Sequence[Found] = (),
    asked: Sequence[Pod] = (),
    while_pods_answer: Callable[[], object] = lambda: None,
) -> None:
    """Count the project by what the pods list."""
    since = datetime.now(UTC)
    before = database.retried_read(lambda s: known(s, "p", COMPUTE))
    while_pods_answer()
    told = [
        Told(pod.id, [item for item in found if item.pod_id == pod.id]) for pod in asked
    ]
    database.retried(lambda s: recount(s, "p", COMPUTE, since, before, told))


def create(database: Database, pod: Pod, demand: Demand, type: str = "server") -> Route:
    """Write an intent that takes what is demanded."""

    def work(session: Session) -> Route:
        ledger.reserve(session, demand)
        route = routing.intend(
            session,
            resource_type=type,
            pod_id=pod.id,
            project_id=demand.project_id,
            is_sole=True,
        )
        ledger.charge(session, route.id, demand.project_id, demand.takes)
        return route

    return database.retried(work)


def made(database: Database, intent: Route, id: str) -> Route:
    return database.retried(lambda s: routing.complete(s, intent, id))


def taken(database: Database) -> dict[str, int]:
    return database.retried_read(lambda s: ledger.used(s, "p", SMALL))


def server(pod: Pod, id: str, cores: int = 2, made_at: datetime = LONG_AGO) -> Found:
    return Found("server", id, pod.id, {**SMALL, "cores": cores}, made_at)


def test_of_fifty_creates_over_two_pods_exactly_as_many_as_fit_pass(
    database: Database, pods: list[Pod]
) -> None:
    count(database)

    def use(number: int) -> bool:
        try:
            create(database, pods[number % 3], wanted(instances=7, cores=1000))
        except OverQuota:
            return False
        return True

    assert sum(at_once(50, use)) == 7
    assert taken(database) == {"instances": 7, "cores": 14, "ram": 7 * 512}


def test_the_tightest_limit_counts(database: Database, pods: list[Pod]) -> None:
    count(database)
    limits = wanted(instances=10, cores=5, ram=-1)
    create(database, pods[0], limits)
    create(database, pods[2], limits)
    with pytest.raises(OverQuota) as refused:
        create(database, pods[0], limits)
    assert refused.value.overs == ("cores",)
    assert refused.value.used["cores"] == 4


def test_what_has_no_limit_is_counted_too(database: Database, pods: list[Pod]) -> None:
    create(database, pods[0], wanted(instances=-1))
    count(database)
    with pytest.raises(OverQuota):
        create(database, pods[0], wanted(instances=1))


def test_nothing_is_checked_before_the_project_was_counted(
    database: Database, pods: list[Pod]
) -> None:
    with pytest.raises(Uncounted):
        create(database, pods[0], wanted(instances=1))
    assert taken(database) == {}


@pytest.mark.parametrize("how", ["abandoned", "forgotten", "removed"])
def test_a_charge_goes_with_its_route(
    database: Database, pods: list[Pod], how: str
) -> None:
    count(database)
    intent = create(database, pods[0], wanted(instances=1))
    if how != "abandoned":
        intent = made(database, intent, "s1")
    with database.write() as session:
        if how == "abandoned":
            routing.abandon(session, intent.id)
        elif how == "forgotten":
            routing.forget(session, "server", "s1", pods[0].id)
        else:
            routing.remove(session, intent.id)
    assert taken(database) == {}
    create(database, pods[2], wanted(instances=1))


def test_a_server_that_was_met_before_its_create_was_answered_counts_once(
    database: Database, pods: list[Pod]
) -> None:
    count(database)
    intent = create(database, pods[0], wanted(instances=5))
    with database.write() as session:
        routing.learn(
            session,
            resource_type="server",
            resource_id="s1",
            pod_id=pods[0].id,
            project_id="p",
            is_sole=True,
        )
    made(database, intent, "s1")
    assert taken(database) == {**SMALL}


def test_what_pods_had_before_counts(database: Database, pods: list[Pod]) -> None:
    count(database, [server(pods[0], "old"), server(pods[2], "older")], pods)
    with pytest.raises(OverQuota):
        create(database, pods[0], wanted(instances=2))
    with database.read() as session:
        assert [route.pod_id for route in routing.find(session, "server", "old")] == [
            pods[0].id
        ]


def test_what_a_pod_lost_by_itself_does_not_count(
    database: Database, pods: list[Pod]
) -> None:
    count(database)
    for id in ("s1", "s2"):
        made(database, create(database, pods[0], wanted(instances=2)), id)
    count(database, [server(pods[0], "s2")], pods)
    assert taken(database) == {**SMALL}


def test_a_pod_that_does_not_answer_changes_nothing(
    database: Database, pods: list[Pod]
) -> None:
    count(database)
    made(database, create(database, pods[0], wanted(instances=2)), "s1")
    count(database, [], pods[1:])
    assert taken(database) == {**SMALL}


def test_a_resize_in_the_pod_counts(database: Database, pods: list[Pod]) -> None:
    count(database)
    made(database, create(database, pods[0], wanted(instances=2)), "s1")
    count(database, [server(pods[0], "s1", cores=8)], pods)
    assert taken(database)["cores"] == 8


def test_a_create_on_its_way_counts_once(database: Database, pods: list[Pod]) -> None:
    count(database)
    intent = create(database, pods[0], wanted(instances=2))
    count(database, [server(pods[0], "s1", made_at=datetime.now(UTC))], pods)
    assert taken(database) == {**SMALL}
    made(database, intent, "s1")
    assert taken(database) == {**SMALL}


def test_what_is_made_while_pods_answer_is_not_taken_for_gone(
    database: Database, pods: list[Pod]
) -> None:
    count(database)

    def meanwhile() -> None:
        made(database, create(database, pods[0], wanted(instances=2)), "s1")

    count(database, [], pods, meanwhile)
    assert taken(database) == {**SMALL}


def test_a_refusal_is_doubtful_while_something_is_deleted(
    database: Database, pods: list[Pod]
) -> None:
    count(database)
    route = made(database, create(database, pods[0], wanted(instances=1)), "s1")
    with pytest.raises(OverQuota) as certain:
        create(database, pods[0], wanted(instances=1))
    with database.write() as session:
        routing.update(session, route.id, state=RouteState.DELETING)
    with pytest.raises(OverQuota) as doubtful:
        create(database, pods[0], wanted(instances=1))
    assert [certain.value.is_doubtful, doubtful.value.is_doubtful] == [False, True]


def test_a_resource_grows_up_to_the_limit(database: Database, pods: list[Pod]) -> None:
    count(database)
    route = made(database, create(database, pods[0], wanted(cores=4)), "s1")

    def grow(cores: int) -> ledger.Raised:
        demand = Demand("p", COMPUTE, {**SMALL, "cores": cores}, {"cores": 4})
        return database.retried(lambda s: ledger.grow(s, route, demand))

    with pytest.raises(OverQuota) as refused:
        grow(5)
    assert refused.value.demand.takes == {"cores": 3}
    raised = grow(4)
    # The pod still shows what it was: it may not have heard of the resize.
    count(database, [server(pods[0], "s1", cores=2)], pods)
    assert taken(database)["cores"] == 4
    database.retried(lambda s: ledger.shrink(s, raised))
    assert taken(database)["cores"] == 2


def test_fifty_who_grow_share_what_is_left(database: Database, pods: list[Pod]) -> None:
    count(database)
    routes = [
        made(database, create(database, pods[0], wanted(cores=100)), f"s{number}")
        for number in range(50)
    ]

    def grow(number: int) -> bool:
        demand = Demand("p", COMPUTE, {**SMALL, "cores": 3}, {"cores": 107})
        try:
            database.retried(lambda s: ledger.grow(s, routes[number], demand))
        except QuotaError:
            return False
        return True

    assert sum(at_once(50, grow)) == 7


def test_projects_count_first_at_the_same_moment(
    database: Database, pods: list[Pod]
) -> None:
    at_once(20, lambda _: count(database, [server(pods[0], "s1")], pods))
    assert taken(database) == {**SMALL}


def test_of_several_as_many_as_fit(database: Database, pods: list[Pod]) -> None:
    count(database)
    create(database, pods[0], wanted(instances=4))

    def fitting(least: int, most: int) -> int:
        demand = wanted(instances=4)
        return database.retried(lambda s: ledger.fitting(s, demand, least, most))

    assert fitting(1, 9) == 3
    with pytest.raises(OverQuota) as refused:
        fitting(4, 9)
    assert refused.value.demand.takes["instances"] == 9


def test_another_projects_things_do_not_count(
    database: Database, pods: list[Pod]
) -> None:
    count(database)
    made(database, create(database, pods[0], wanted(instances=1)), "s1")
    with database.read() as session:
        assert ledger.used(session, "q", SMALL) == {}
