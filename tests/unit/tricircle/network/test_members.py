# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Rules that name a group admit its members in other pods, and nobody else."""

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

from tests.unit.tricircle.network.world import (
    World,
    make_group,
    make_network,
    make_port,
    make_rule,
)
from tricircle.db.models import Job, RouteState
from tricircle.network import members
from tricircle.network.intents import Hold
from tricircle.pods import routing
from tricircle.regions.errors import Unreachable
from tricircle.regions.network import Resource

OTHER = "other project"


@pytest.fixture
def subnet(world: World) -> Resource:
    return make_network(world)[1]


@pytest.fixture
def group(world: World) -> Resource:
    """A group that admits itself."""
    made = make_group(world)
    make_rule(world, made, remote_group_id=made["id"])
    return made


def boot(
    world: World, subnet: Resource, groups: list[Resource], pod: int = 0, **port: Any
) -> Resource:
    made = make_port(world, subnet, groups, **port)
    world.realise(made, world.pods[pod])
    assert not world.work()
    return made


def admitted(world: World, group: Resource, pod: int = 0) -> set[str]:
    """What the rules of a group's replica admit of other pods."""
    neutron = world.neutrons.network(world.pods[pod].name)
    with world.database.read() as session:
        found = routing.find(session, "security_group", group["id"], world.pods[pod].id)
    replica = neutron.get("security_group", str(found[0].pod_resource_id))
    named = {
        rule["remote_address_group_id"]
        for rule in replica["security_group_rules"]
        if rule["remote_address_group_id"]
    }
    return {
        address
        for group_id in named
        for address in neutron.get("address_group", group_id)["addresses"]
    }


def addresses(*ports: Resource) -> set[str]:
    return {f"{ip['ip_address']}/32" for port in ports for ip in port["fixed_ips"]}


def test_members_elsewhere_are_admitted_and_nobody_else(
    world: World, subnet: Resource, group: Resource
) -> None:
    here = boot(world, subnet, [group])
    assert admitted(world, group) == set()
    there = boot(world, subnet, [group], pod=1)
    boot(world, subnet, [make_group(world, "strangers")], pod=1)
    make_port(world, subnet, [group])  # which no pod has
    assert admitted(world, group) == addresses(there)
    assert admitted(world, group, pod=1) == addresses(here)


def test_a_member_that_goes_is_admitted_no_more(
    world: World, subnet: Resource, group: Resource
) -> None:
    boot(world, subnet, [group])
    deleted = boot(world, subnet, [group], pod=1)
    released = boot(world, subnet, [group], pod=1)
    left = boot(world, subnet, [group], pod=1)
    assert admitted(world, group) == addresses(deleted, released, left)
    world.delete("port", deleted["id"])
    world.realiser.release_port(released["id"], world.pods[1].id)
    world.update("port", left["id"], security_groups=[])
    assert not world.work()
    assert admitted(world, group) == set()


@pytest.mark.parametrize("how", ["deleted", "released", "left"])
def test_a_member_is_admitted_no_more_though_its_pod_is_down(
    world: World, subnet: Resource, group: Resource, how: str
) -> None:
    boot(world, subnet, [group])
    there = boot(world, subnet, [group], pod=1)
    down = world.neutrons.network(world.pods[1].name)

    def unreachable(*_: Any, **__: Any) -> Any:
        raise Unreachable("no answer")

    for call in ("find", "get", "update", "delete"):
        setattr(down, call, unreachable)
    match how:
        case "deleted":
            world.delete("port", there["id"])
        case "released":
            world.realiser.release_port(there["id"], world.pods[1].id)
        case "left":
            world.update("port", there["id"], security_groups=[])
    assert world.work()  # nothing can be done about the port
    assert admitted(world, group) == set()


def test_what_no_driver_told_is_followed_too(
    world: World, subnet: Resource, group: Resource
) -> None:
    boot(world, subnet, [group])
    there = boot(world, subnet, [group], pod=1)
    world.central.update("port", there["id"], {"security_groups": []})
    world.audit()
    assert not world.work()
    assert admitted(world, group) == set()
    world.central.update("port", there["id"], {"security_groups": [group["id"]]})
    world.audit()
    assert not world.work()
    world.central.delete("port", there["id"])
    world.audit()
    assert not world.work()
    assert admitted(world, group) == set()


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"fixed_ips": []}, set()),
        ({"allowed_address_pairs": [{"ip_address": "10.0.0.99"}]}, {"10.0.0.99/32"}),
        ({"allowed_address_pairs": [{"ip_address": "0.0.0.0/0"}]}, set()),
    ],
    ids=["moved away", "a virtual address", "a range"],
)
def test_a_members_addresses_are_followed(
    world: World,
    subnet: Resource,
    group: Resource,
    changes: dict[str, Any],
    expected: set[str],
) -> None:
    boot(world, subnet, [group])
    there = boot(world, subnet, [group], pod=1)
    world.update("port", there["id"], **changes)
    assert not world.work()
    fixed = addresses(world.central.get("port", there["id"]))
    assert admitted(world, group) == expected | fixed


def test_a_group_need_not_be_where_it_is_named(world: World, subnet: Resource) -> None:
    web, db = make_group(world, "web"), make_group(world, "db")
    make_rule(world, db, remote_group_id=web["id"])
    boot(world, subnet, [db])
    client = boot(world, subnet, [web], pod=1)
    assert [one["name"] for one in world.there.all("security_group")] == ["db"]
    assert admitted(world, db) == addresses(client)
    boot(world, subnet, [web])
    (replica,) = (
        one for one in world.there.all("security_group") if one["name"] == "web"
    )
    assert world.there.find("security_group_rule", remote_group_id=replica["id"])
    assert admitted(world, db) == addresses(client)


def test_a_rule_that_comes_later_admits_who_is_there(
    world: World, subnet: Resource
) -> None:
    group = make_group(world)
    boot(world, subnet, [group])
    there = boot(world, subnet, [group], pod=1)
    rule = make_rule(world, group, remote_group_id=group["id"])
    world.update("security_group", group["id"])
    assert not world.work()
    assert admitted(world, group) == addresses(there)
    world.central.delete("security_group_rule", rule["id"])
    world.update("security_group", group["id"])
    assert not world.work()
    assert admitted(world, group) == set()
    assert world.replicas()["address_group"] == 0
    assert not [r for r in world.routes() if r.resource_type == members.KIND]


def test_a_member_of_another_project_is_admitted(
    world: World, subnet: Resource, group: Resource
) -> None:
    boot(world, subnet, [group])
    there = boot(world, subnet, [group], pod=1, project_id=OTHER)
    assert admitted(world, group) == addresses(there)
    again = boot(world, subnet, [group], pod=1)
    assert admitted(world, group) == addresses(there, again)


def test_who_uses_a_port_of_another_project_changes_nothing(
    world: World, subnet: Resource, group: Resource
) -> None:
    boot(world, subnet, [group])
    there = make_port(world, subnet, [group])
    pod = world.pods[1].id
    world.realiser.realise_port(there["id"], pod, "an administrator's project")
    assert not world.work()
    assert admitted(world, group) == addresses(there)


def test_deleted_groups_leave_nothing(
    world: World, subnet: Resource, group: Resource
) -> None:
    named = make_group(world, "named")
    make_rule(world, group, remote_group_id=named["id"], protocol="tcp")
    ports = [boot(world, subnet, [group], pod=pod) for pod in (0, 1)]
    for port in ports:
        world.delete("port", port["id"])
    for gone in (named, group):
        world.delete("security_group", gone["id"])
        # What our driver does beside.
        world.delete(members.KIND, gone["id"])
    assert not world.work()
    for pod in world.pods:
        assert world.replicas(pod)["security_group"] == 0
        assert world.replicas(pod)["address_group"] == 0
    kinds = {route.resource_type for route in world.routes()}
    assert kinds == {"network", "subnet"}


def test_many_boots_make_one_job_for_each_pod(
    world: World, subnet: Resource, group: Resource
) -> None:
    boot(world, subnet, [group])
    for _ in range(5):
        world.realise(make_port(world, subnet, [group]), world.pods[1])
    with world.database.read() as session:
        jobs = session.scalars(select(Job).where(Job.kind == members.KIND)).all()
        due = {job.scope for job in jobs if job.reached < job.wanted}
    assert len(jobs) == len({job.scope for job in jobs})
    assert world.pod.id in due


def test_many_addresses_go_in_few_calls(
    world: World, group: Resource, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tricircle.network.reconcilers.address_group._BATCH", 20)
    network = world.central.create("network", {"name": "big"})
    subnet = world.central.create(
        "subnet", {"network_id": network["id"], "cidr": "10.1.0.0/20"}
    )
    boot(world, subnet, [group])
    ports = [make_port(world, subnet, [group]) for _ in range(50)]
    for port in ports:
        world.realise(port, world.pods[1])
    calls = []
    act = world.there.act

    def counted(*call: Any) -> Resource:
        calls.append(call)
        return act(*call)

    monkeypatch.setattr(world.there, "act", counted)
    assert not world.work()
    assert admitted(world, group) == addresses(*ports)
    assert len(calls) == 3


def test_an_address_that_someone_added_is_no_obstacle(
    world: World, subnet: Resource, group: Resource, monkeypatch: pytest.MonkeyPatch
) -> None:
    boot(world, subnet, [group])
    there = make_port(world, subnet, [group])
    world.realise(there, world.pods[1])
    act = world.there.act

    def late(kind: str, resource_id: str, action: str, body: Any) -> Resource:
        monkeypatch.setattr(world.there, "act", act)
        act(kind, resource_id, action, body)
        return act(kind, resource_id, action, body)

    monkeypatch.setattr(world.there, "act", late)
    assert not world.work()
    assert admitted(world, group) == addresses(there)


def test_the_audit_finds_what_drifted(
    world: World, subnet: Resource, group: Resource
) -> None:
    boot(world, subnet, [group])
    there = boot(world, subnet, [group], pod=1)
    assert world.audit() == []
    (elsewhere,) = world.there.all("address_group")
    world.there.put("address_group", elsewhere["id"], addresses=["192.0.2.0/24"])
    assert world.audit() == [(members.KIND, group["id"])]
    assert admitted(world, group) == addresses(there)


@pytest.mark.parametrize("place", ["before", "after"])
def test_whatever_breaks_is_made_up_for(
    world: World,
    subnet: Resource,
    group: Resource,
    monkeypatch: pytest.MonkeyPatch,
    place: str,
) -> None:
    """A worker dies at each effect of telling a pod of a new member."""
    world.patience = replace(world.patience, takeover=0.1)
    boot(world, subnet, [group])
    for step in range(3):
        there = make_port(world, subnet, [group])
        world.realise(there, world.pods[1])
        first = next(world.neutrons.accidents.number) + 1

        def happen(number: int, where: str, fatal: int = first + step) -> None:
            if (number, where) == (fatal, place):
                raise Unreachable("no answer")

        with monkeypatch.context() as patch:
            patch.setattr(world.neutrons.accidents, "happen", happen)
            patch.setattr(Hold, "let_go", lambda *_: None)
            world.work()
        assert not world.work()
        assert addresses(there) <= admitted(world, group)
    assert all(route.state == RouteState.ACTIVE for route in world.routes())
