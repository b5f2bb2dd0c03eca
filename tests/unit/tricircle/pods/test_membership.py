# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
from collections.abc import Callable

import pytest
from sqlalchemy.orm import Session

from tests.unit.tricircle.pods.world import CAPABILITIES, Crash, World
from tricircle.db.engine import Database
from tricircle.db.models import Pod, PodState
from tricircle.pods import binding, registry, routing
from tricircle.pods.errors import (
    CentralRegionInUse,
    NoCentralRegion,
    PodExists,
    PodInUse,
    PodNotFound,
    PodUnsettled,
)
from tricircle.pods.intent import Wanted
from tricircle.pods.membership import Membership
from tricircle.regions.errors import (
    AggregateTaken,
    RegionNotFound,
    Unreachable,
    ZoneUnknown,
)

POD1 = Wanted("Pod1", "az1", "nova", "dc1")


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def membership(database: Database, world: World) -> Membership:
    made = Membership(database, world, world, (AggregateTaken,))
    made.join(Wanted("RegionOne"))
    return made


@pytest.fixture
def pods(database: Database) -> Callable[[], list[Pod]]:
    def look() -> list[Pod]:
        with database.read() as session:
            return registry.pods(session, with_central=False)

    return look


def use(database: Database, pod: Pod) -> None:
    """Something is met there."""
    with database.write() as session:
        routing.learn(
            session,
            resource_type="server",
            resource_id="s",
            pod_id=pod.id,
            project_id="project",
        )


def bind(database: Database, pod: Pod) -> None:
    with database.write() as session:
        binding.bind(session, "project", pod.id)


def test_the_central_region_has_no_aggregate(
    membership: Membership, database: Database, world: World
) -> None:
    with database.read() as session:
        central = registry.central_region(session)
    assert (central.name, central.state) == ("RegionOne", PodState.ACTIVE)
    assert central.capabilities == CAPABILITIES
    assert world.aggregates == {}


def test_a_pod_is_probed_recorded_and_shown(
    membership: Membership, world: World
) -> None:
    pod = membership.join(POD1)
    assert POD1.describes(pod)
    assert pod.state == PodState.ACTIVE
    assert pod.aggregate_id is not None
    assert pod.capabilities == CAPABILITIES
    assert world.aggregates == {"ag_Pod1": "az1"}


def test_a_second_time_is_a_conflict(membership: Membership, world: World) -> None:
    membership.join(POD1)
    world.probed.clear()
    with pytest.raises(PodExists, match="Pod1"):
        membership.join(POD1)
    assert world.probed == []


def test_a_pod_needs_a_central_region(database: Database, world: World) -> None:
    with pytest.raises(NoCentralRegion, match="no central region"):
        Membership(database, world, world).join(POD1)
    assert world.probed == []


@pytest.mark.parametrize(
    ("wanted", "error"),
    [
        (Wanted("Mars", "az1"), RegionNotFound),
        (Wanted("Down", "az1"), Unreachable),
        (Wanted("Pod1", "az1", "az7"), ZoneUnknown),
    ],
)
def test_what_is_not_fit_leaves_nothing(
    membership: Membership,
    world: World,
    pods: Callable[[], list[Pod]],
    wanted: Wanted,
    error: type[Exception],
) -> None:
    with pytest.raises(error):
        membership.join(wanted)
    assert pods() == []
    assert world.aggregates == {}


def test_a_refused_aggregate_undoes_the_intent(
    membership: Membership, world: World, pods: Callable[[], list[Pod]]
) -> None:
    world.taken = {"ag_Pod1"}
    with pytest.raises(AggregateTaken):
        membership.join(POD1)
    assert pods() == []


@pytest.mark.parametrize("where", ["fails_before", "fails_after"])
@pytest.mark.parametrize("fault", [Crash(), Unreachable("nobody knows")])
def test_an_interrupted_join_takes_nothing_and_is_completed(
    membership: Membership,
    world: World,
    pods: Callable[[], list[Pod]],
    where: str,
    fault: BaseException,
) -> None:
    getattr(world, where).append(fault)
    with pytest.raises(type(fault)):
        membership.join(POD1)
    (half,) = pods()
    assert (half.state, half.aggregate_id) == (PodState.JOINING, None)
    whole = membership.join(POD1)
    assert (whole.id, whole.state) == (half.id, PodState.ACTIVE)
    assert whole.aggregate_id is not None
    assert world.aggregates == {"ag_Pod1": "az1"}


def test_an_interrupted_join_is_not_taken_for_another(
    membership: Membership, world: World
) -> None:
    world.fails_before.append(Crash())
    with pytest.raises(Crash):
        membership.join(POD1)
    with pytest.raises(PodExists):
        membership.join(Wanted("Pod1", "az2"))


@pytest.mark.parametrize("where", ["fails_before", "fails_after"])
def test_an_interrupted_join_can_be_left(
    membership: Membership,
    world: World,
    pods: Callable[[], list[Pod]],
    where: str,
) -> None:
    getattr(world, where).append(Crash())
    with pytest.raises(Crash):
        membership.join(POD1)
    membership.leave(pods()[0].id)
    assert pods() == []
    assert world.aggregates == {}


def test_a_pod_leaves(
    membership: Membership, world: World, pods: Callable[[], list[Pod]]
) -> None:
    pod = membership.join(POD1)
    membership.leave(pod.id)
    assert pods() == []
    assert world.aggregates == {}
    with pytest.raises(PodNotFound):
        membership.leave(pod.id)


def test_a_pod_in_use_stays_as_it_was(
    membership: Membership, database: Database, world: World
) -> None:
    pod = membership.join(POD1)
    bind(database, pod)
    with pytest.raises(PodInUse, match=r"0 route\(s\) and 1 binding\(s\)"):
        membership.leave(pod.id)
    with database.read() as session:
        assert registry.get(session, pod.id).state == PodState.ACTIVE
    assert world.aggregates == {"ag_Pod1": "az1"}


@pytest.mark.parametrize("where", ["fails_before", "fails_after"])
def test_an_interrupted_leave_takes_nothing_new_and_is_completed(
    membership: Membership,
    world: World,
    pods: Callable[[], list[Pod]],
    where: str,
) -> None:
    pod = membership.join(POD1)
    getattr(world, where).append(Crash())
    with pytest.raises(Crash):
        membership.leave(pod.id)
    assert [half.state for half in pods()] == [PodState.LEAVING]
    membership.leave(pod.id)
    assert pods() == []
    assert world.aggregates == {}


def test_who_uses_a_pod_while_it_leaves_keeps_it(
    membership: Membership, database: Database, world: World
) -> None:
    pod = membership.join(POD1)

    class Slow(World):
        def remove(self, region: str, name: str, zone: str) -> None:
            use(database, pod)
            super().remove(region, name, zone)

    slow = Slow(aggregates=world.aggregates)
    with pytest.raises(PodInUse):
        Membership(database, slow, slow).leave(pod.id)
    with database.read() as session:
        kept = registry.get(session, pod.id)
    assert (kept.state, kept.aggregate_id) == (PodState.ACTIVE, pod.aggregate_id)
    assert world.aggregates == {"ag_Pod1": "az1"}


def test_who_leaves_while_a_pod_joins_wins(
    membership: Membership,
    database: Database,
    world: World,
    pods: Callable[[], list[Pod]],
) -> None:
    class Slow(World):
        def ensure(self, region: str, name: str, zone: str, pod_id: str) -> int:
            membership.leave(pod_id)
            return super().ensure(region, name, zone, pod_id)

    slow = Slow(aggregates=world.aggregates)
    with pytest.raises(PodNotFound):
        Membership(database, slow, slow).join(POD1)
    assert pods() == []
    assert world.aggregates == {}


@pytest.mark.parametrize("where", ["fails_before", "fails_after"])
def test_an_interrupted_join_is_finished(
    membership: Membership,
    world: World,
    pods: Callable[[], list[Pod]],
    where: str,
) -> None:
    getattr(world, where).append(Crash())
    with pytest.raises(Crash):
        membership.join(POD1)
    for _ in range(2):
        membership.finish(pods()[0].id)
        (pod,) = pods()
        assert POD1.describes(pod)
        assert (pod.state, pod.aggregate_id) == (PodState.ACTIVE, len("ag_Pod1"))
        assert world.aggregates == {"ag_Pod1": "az1"}


@pytest.mark.parametrize("where", ["fails_before", "fails_after"])
def test_an_interrupted_leave_is_finished(
    membership: Membership,
    world: World,
    pods: Callable[[], list[Pod]],
    where: str,
) -> None:
    pod = membership.join(POD1)
    getattr(world, where).append(Crash())
    with pytest.raises(Crash):
        membership.leave(pod.id)
    assert membership.finish(pod.id) is None
    assert pods() == []
    assert world.aggregates == {}
    with pytest.raises(PodNotFound):
        membership.finish(pod.id)


def test_an_interrupted_change_of_zone_is_finished(
    membership: Membership, world: World
) -> None:
    pod = membership.join(POD1)
    membership.change(pod.id, {"state": PodState.CORDONED})
    world.fails_before.append(Crash())
    with pytest.raises(Crash):
        membership.change(pod.id, {"az_name": "az2"})
    moved = membership.finish(pod.id)
    assert moved
    assert (moved.az_name, moved.state) == ("az2", PodState.CORDONED)
    assert world.aggregates == {"ag_Pod1": "az2"}


def test_what_can_t_be_finished_stays_and_says_why(
    membership: Membership, world: World, pods: Callable[[], list[Pod]]
) -> None:
    world.fails_before.append(Crash())
    with pytest.raises(Crash):
        membership.join(POD1)
    world.taken = {"ag_Pod1"}
    with pytest.raises(AggregateTaken):
        membership.finish(pods()[0].id)
    assert [pod.state for pod in pods()] == [PodState.JOINING]


@pytest.mark.parametrize("again", ["leave", "finish"])
def test_a_half_left_pod_that_is_used_stays(
    membership: Membership,
    database: Database,
    world: World,
    pods: Callable[[], list[Pod]],
    again: str,
) -> None:
    pod = membership.join(POD1)
    world.fails_before.append(Crash())
    with pytest.raises(Crash):
        membership.leave(pod.id)
    use(database, pod)
    if again == "leave":
        with pytest.raises(PodInUse):
            membership.leave(pod.id)
    else:
        assert membership.finish(pod.id)
    # What it was before, nobody knows any more.
    (kept,) = pods()
    assert (kept.state, kept.aggregate_id) == (PodState.CORDONED, pod.aggregate_id)


def test_who_finishes_does_not_undo_what_came_later(
    membership: Membership, database: Database, world: World
) -> None:
    class Slow(World):
        def ensure(self, region: str, name: str, zone: str, pod_id: str) -> int:
            made = membership.finish(pod_id)
            assert made
            assert made.state == PodState.ACTIVE
            membership.change(pod_id, {"state": PodState.CORDONED})
            return super().ensure(region, name, zone, pod_id)

    slow = Slow(aggregates=world.aggregates)
    assert Membership(database, slow, slow).join(POD1).state == PodState.CORDONED


def test_who_deletes_at_the_same_time_is_not_told_of_it(
    membership: Membership,
    database: Database,
    world: World,
    pods: Callable[[], list[Pod]],
) -> None:
    pod = membership.join(POD1)

    class Slow(World):
        def remove(self, region: str, name: str, zone: str) -> None:
            membership.finish(pod.id)

    Membership(database, Slow(), Slow()).leave(pod.id)
    assert pods() == []
    assert world.aggregates == {}


def test_what_is_begun_can_t_be_changed(
    membership: Membership, world: World, pods: Callable[[], list[Pod]]
) -> None:
    world.fails_before += [Crash(), Crash()]
    with pytest.raises(Crash):
        membership.join(POD1)
    (pod,) = pods()
    with pytest.raises(PodUnsettled, match="Pod1 is joining"):
        membership.change(pod.id, {"state": PodState.CORDONED})
    with pytest.raises(Crash):
        membership.leave(pod.id)
    with pytest.raises(PodUnsettled, match="Pod1 is leaving"):
        membership.change(pod.id, {"state": PodState.ACTIVE})
    with pytest.raises(PodUnsettled, match="Pod1 is leaving"):
        membership.join(POD1)


def test_whatever_leaves_a_pod_unsettled_has_it_watched(
    membership: Membership, database: Database, world: World
) -> None:
    watched: list[str] = []

    def watch(session: Session, pod_id: str) -> None:
        watched.append(pod_id)
        assert session.get(Pod, pod_id)

    watching = Membership(database, world, world, watch=watch)
    pod = watching.join(POD1)
    watching.change(pod.id, {"dc_name": "dc2"})
    assert watched == [pod.id]
    watching.change(pod.id, {"az_name": "az2"})
    watching.leave(pod.id)
    assert watched == [pod.id] * 3


def test_the_central_region_stays_while_there_are_pods(
    membership: Membership, database: Database
) -> None:
    with database.read() as session:
        central = registry.central_region(session)
    pod = membership.join(POD1)
    with pytest.raises(CentralRegionInUse, match="1 pod"):
        membership.leave(central.id)
    membership.leave(pod.id)
    membership.leave(central.id)
    with database.read() as session, pytest.raises(PodNotFound):
        registry.central_region(session)


def test_another_zone_is_shown(membership: Membership, world: World) -> None:
    pod = membership.join(POD1)
    moved = membership.change(pod.id, {"az_name": "az2", "state": PodState.CORDONED})
    assert (moved.az_name, moved.state) == ("az2", PodState.CORDONED)
    assert moved.aggregate_id == pod.aggregate_id
    assert world.aggregates == {"ag_Pod1": "az2"}


def test_a_pod_in_use_can_t_change_its_zone_but_be_cordoned(
    membership: Membership, database: Database, world: World
) -> None:
    pod = membership.join(POD1)
    bind(database, pod)
    with pytest.raises(PodInUse):
        membership.change(pod.id, {"az_name": "az2"})
    assert world.aggregates == {"ag_Pod1": "az1"}
    changed = membership.change(pod.id, {"state": PodState.CORDONED})
    assert changed.state == PodState.CORDONED


def test_a_refused_zone_is_undone(
    membership: Membership, database: Database, world: World
) -> None:
    pod = membership.join(POD1)
    world.taken = {"ag_Pod1"}
    with pytest.raises(AggregateTaken):
        membership.change(pod.id, {"az_name": "az2", "dc_name": "dc2"})
    with database.read() as session:
        same = registry.get(session, pod.id)
    assert POD1.describes(same)
    assert same.aggregate_id == pod.aggregate_id


def test_an_interrupted_change_of_zone_is_completed(
    membership: Membership, world: World
) -> None:
    pod = membership.join(POD1)
    world.fails_before.append(Crash())
    with pytest.raises(Crash):
        membership.change(pod.id, {"az_name": "az2"})
    moved = membership.change(pod.id, {"az_name": "az2"})
    assert moved.aggregate_id == pod.aggregate_id
    assert world.aggregates == {"ag_Pod1": "az2"}


def test_a_pod_that_is_down_can_be_cordoned(
    membership: Membership, world: World
) -> None:
    pod = membership.join(POD1)
    world.regions = set()
    world.fails_before.append(Unreachable("the central Nova"))
    changed = membership.change(pod.id, {"state": PodState.CORDONED})
    assert changed.state == PodState.CORDONED


def test_its_own_zone_is_checked(membership: Membership, database: Database) -> None:
    pod = membership.join(POD1)
    with pytest.raises(ZoneUnknown):
        membership.change(pod.id, {"pod_az_name": "az7"})
    assert membership.change(pod.id, {"pod_az_name": ""}).pod_az_name == ""


def test_probing_records_what_changed(membership: Membership, world: World) -> None:
    pod = membership.join(POD1)
    world.capabilities = {"compute": {"max_microversion": "2.999"}}
    assert membership.probe(pod.id).capabilities == world.capabilities
