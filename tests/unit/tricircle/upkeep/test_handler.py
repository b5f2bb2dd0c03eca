# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
import time
from collections.abc import Callable
from datetime import timedelta

import pytest
from oslo_config import cfg
from sqlalchemy import select, update

from tests.unit.tricircle.pods.world import Crash, World
from tricircle.conf import health as health_conf
from tricircle.db.engine import Database
from tricircle.db.models import Health, Job, JobState, Pod, PodState, now
from tricircle.jobs.errors import LeaseLost
from tricircle.jobs.kinds import Context
from tricircle.jobs.lease import Lease
from tricircle.jobs.queue import enqueue
from tricircle.jobs.retry import Again, Retry
from tricircle.pods import registry
from tricircle.pods.intent import Wanted
from tricircle.pods.membership import Membership
from tricircle.regions.errors import Unreachable
from tricircle.regions.probe import Report
from tricircle.upkeep.handler import Outside, PodHandler
from tricircle.upkeep.wish import KIND, look_after, wish

POD1 = Wanted("Pod1", "az1")


class Away(World):
    """Keystone is away."""

    def look(self, region: str) -> Report:
        raise Unreachable("Keystone can't be reached")


@pytest.fixture
def context(database: Database) -> Context:
    conf = cfg.ConfigOpts()
    health_conf.register_opts(conf)
    conf([])
    return Context(conf, database)


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def membership(context: Context, world: World) -> Membership:
    made = Membership(context.database, world, world, watch=look_after)
    made.join(Wanted("RegionOne"))
    return made


def handler(
    world: World, chance: float = 0.5, in_hand: timedelta = timedelta(0)
) -> PodHandler:
    return PodHandler(lambda _: Outside(world, world), lambda: chance, in_hand)


def lease(renew: Callable[[Lease], None] = lambda _: None) -> Lease:
    return Lease("job", 1, time.monotonic() + 3600, renew)


def run(
    made: PodHandler, context: Context, pod_id: str, held: Lease | None = None
) -> None:
    """What a run of the pod's job comes to."""
    job = Job(kind=KIND, resource_id=pod_id, pod_id=pod_id, project_id="")
    made.reconcile(job, held or lease(), context)


def pod(context: Context, name: str = "Pod1") -> Pod:
    with context.database.read() as session:
        return registry.by_name(session, name)


def test_a_pod_is_looked_at_now_and_then(
    context: Context, world: World, membership: Membership
) -> None:
    made = membership.join(POD1)
    with pytest.raises(Again) as again:
        run(handler(world), context, made.id)
    assert again.value.after == 60
    seen = pod(context)
    assert seen.checked_at
    assert made.checked_at
    assert seen.checked_at > made.checked_at


def test_pods_are_not_looked_at_all_at_once(
    context: Context, world: World, membership: Membership
) -> None:
    made = membership.join(POD1)
    waits = []
    for chance in (0.0, 1.0):
        with pytest.raises(Again) as again:
            run(handler(world, chance), context, made.id)
        waits.append(again.value.after)
    assert waits == [45, 75]


def test_a_pod_that_fails_is_looked_at_sooner_and_is_down_after_a_while(
    context: Context, world: World, membership: Membership
) -> None:
    made = membership.join(POD1)
    world.failures = {"compute": "no", "network": "no"}
    waits = []
    for _ in range(3):
        assert pod(context).health == Health.UP
        with pytest.raises(Again) as again:
            run(handler(world), context, made.id)
        waits.append(again.value.after)
    assert waits == [15, 15, 60]
    assert pod(context).health == Health.DOWN


@pytest.mark.parametrize("what", ["a pod", "the central region"])
def test_what_waits_for_a_pod_goes_on_once_it_is_there_again(
    what: str, context: Context, world: World, membership: Membership
) -> None:
    """Everything waits for the central region."""
    there = membership.join(POD1)
    made = handler(world)
    name = POD1.name if what == "a pod" else "RegionOne"
    away = pod(context, name)
    hour = timedelta(hours=1)
    with context.database.write() as session:
        enqueue(session, "port", "p1", there.id, "project")
        for job in session.scalars(select(Job).where(Job.kind == "port")):
            job.state, job.next_run_at = JobState.FAILED, now() + hour

    def look(times: int) -> Job:
        for _ in range(times):
            with pytest.raises(Again):
                run(made, context, away.id)
        with context.database.read() as session:
            return session.scalars(select(Job).where(Job.kind == "port")).one()

    waits = look(3).next_run_at
    world.failures = {"network": "Neutron does not answer"}
    look(3)
    assert pod(context, name).health == Health.DEGRADED
    world.failures = {}
    assert look(1).next_run_at == waits  # one answer says little
    goes_on = look(1)
    assert goes_on.next_run_at < waits - hour / 2
    assert goes_on.state == JobState.FAILED


def test_keystone_away_says_nothing_about_a_pod_and_hurries_nobody(
    context: Context, membership: Membership
) -> None:
    made = membership.join(POD1)
    with pytest.raises(Retry, match="Keystone") as retry:
        run(handler(Away()), context, made.id)
    assert retry.value.after == 60
    assert pod(context).checked_at == made.checked_at


def test_what_was_begun_is_completed(
    context: Context, world: World, membership: Membership
) -> None:
    world.fails_before.append(Crash())
    with pytest.raises(Crash):
        membership.join(POD1)
    half = pod(context)
    with pytest.raises(Again):
        run(handler(world), context, half.id)
    assert pod(context).state == PodState.ACTIVE
    world.fails_before.append(Crash())
    with pytest.raises(Crash):
        membership.leave(half.id)
    run(handler(world), context, half.id)
    with context.database.read() as session:
        assert registry.pods(session, with_central=False) == []
    assert world.aggregates == {}
    run(handler(world), context, half.id)  # a second time


def test_who_is_at_it_is_left_alone(
    context: Context, world: World, membership: Membership
) -> None:
    world.fails_before.append(Crash())
    with pytest.raises(Crash):
        membership.join(POD1)
    patient = handler(world, in_hand=timedelta(seconds=60))
    with pytest.raises(Again) as again:
        run(patient, context, pod(context).id)
    assert again.value.after == 60
    assert world.aggregates == {}


def test_what_is_in_the_way_is_said_and_the_pod_is_looked_at(
    context: Context, world: World, membership: Membership
) -> None:
    world.fails_before.append(Crash())
    with pytest.raises(Crash):
        membership.join(POD1)
    world.taken = {"ag_Pod1"}
    before = pod(context).checked_at
    with pytest.raises(Retry, match="Pod1 is joining: the aggregate ag_Pod1"):
        run(handler(world), context, pod(context).id)
    assert pod(context).checked_at != before


def test_nothing_is_done_outside_without_the_lease(
    context: Context, world: World, membership: Membership
) -> None:
    world.fails_before.append(Crash())
    with pytest.raises(Crash):
        membership.join(POD1)
    lost = lease(lambda held: held.lose("another worker has it"))
    with pytest.raises(LeaseLost):
        run(handler(world), context, pod(context).id, lost)
    assert world.aggregates == {}


def test_the_audit_finds_pods_that_nobody_looks_at(
    context: Context, world: World, membership: Membership
) -> None:
    made = membership.join(POD1)
    assert list(handler(world).audit(context)) == []
    with context.database.write() as session:
        late = {"checked_at": now() - timedelta(hours=1)}
        session.execute(update(Pod).where(Pod.id == made.id).values(late))
    assert list(handler(world).audit(context)) == [wish(made.id)]
    with context.database.write() as session:
        session.execute(update(Pod).values(checked_at=None))
    assert len(list(handler(world).audit(context))) == 2


def test_a_pod_has_its_job_from_the_beginning(
    context: Context, membership: Membership
) -> None:
    made = membership.join(POD1)
    with context.database.read() as session:
        of_pod = select(Job).where(Job.resource_id == made.id)
        job = session.scalars(of_pod).one()
    assert (job.kind, job.pod_id, job.state) == ("pod", made.id, "new")
