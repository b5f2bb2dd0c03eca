# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Packets between all corners of the cloud, and from outside; whatever happened.

First as everything was made; then after a worker was killed; then after a pod was down
for a minute. Changes are made meanwhile, and are followed. In the end all is deleted,
and nothing is left. With two hosts a pod, each server is on one of its own.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from itertools import permutations, product
from time import monotonic

import pytest

from lab.processes import find, stop
from lab.topology import INTERNET_ADDRESS, INTERNET_NAMESPACE
from tests.integration.bench import GUESTS, PATHS, TOPOLOGY
from tests.integration.cloud import Cloud
from tests.integration.inventory import assert_nothing_is_left, inventory
from tests.integration.program import heal, kill
from tests.integration.projects import operator_in, user_of_a_new_project
from tests.integration.routed import external_network
from tests.integration.rules import KINDS, PORTS, Remote, expected, passing
from tests.integration.stage import (
    DELETES,
    FLAT_CIDR,
    HERE,
    THERE,
    Corner,
    Nic,
    Stage,
    admit,
    build,
    make_group,
    publish,
    remove,
    remove_at_once,
    remove_spare_groups,
    seats,
)
from tests.integration.test_network_verify import verify
from tests.integration.traffic import (
    answering,
    exchange,
    listening,
    pings,
    pings_full,
    reached,
)
from tests.integration.waiting import wait_for

pytestmark = pytest.mark.timeout(900)

PORT = 7041
#: The ports, one for each event, that a rule opens while nobody can follow.
MEANWHILE = {"": 7042, "a worker was killed": 7043, "a pod was down": 7044}
_XJOB = f"{TOPOLOGY.central.slug}-tricircle-xjob"
_DOWN_SECONDS = 60


@pytest.fixture(scope="module")
def stage(whole_cloud: Cloud) -> Iterator[Stage]:
    """A project's servers in all corners; when they are gone, nothing is left."""
    with ExitStack() as stack:
        user = stack.enter_context(user_of_a_new_project(whole_cloud, "packets"))
        cloud = replace(whole_cloud, user=user("demo"), stack=stack)
        external = external_network(cloud, HERE)
        before = inventory(cloud)
        made = Stage(cloud, operator_in(cloud, cloud.project_id), external)
        with ExitStack() as again:
            again.callback(remove_at_once, made)
            build(made, seats())
            yield made
            remove(made, DELETES)
        assert_nothing_is_left(cloud, before, made.others)


# --- what happens -----------------------------------------------------------------


def _kill_worker(stage: Stage) -> None:
    kill(_XJOB)
    _change(stage, MEANWHILE["a worker was killed"])
    heal()


def _stop_pod(stage: Stage) -> None:
    """Stop all of a pod for a minute: its services, and its hosts' switches."""
    here = [corner for corner in stage.corners if corner.pod is HERE]
    running = find(PATHS.root).items()
    stop(one for name, one in running if name.startswith(THERE.slug))
    end = monotonic() + _DOWN_SECONDS
    _change(stage, MEANWHILE["a pod was down"])
    _check_pairs(here, _flat)
    wait_for(lambda: monotonic() > end, "a minute to be over")
    heal()


def _change(stage: Stage, port: int) -> None:
    """Open a port of all servers; the last one gets another floating address."""
    _open(stage, port)
    last = stage.corners[-1]
    stage.network.delete_ip(stage.made["floating_ip"].pop())
    publish(stage, last)


def _open(stage: Stage, port: int) -> None:
    admit(stage, stage.group, protocol="udp", port_range_min=port, port_range_max=port)


EVENTS: dict[str, Callable[[Stage], None]] = {
    "": lambda stage: _open(stage, MEANWHILE[""]),
    "a worker was killed": _kill_worker,
    "a pod was down": _stop_pod,
}


@pytest.fixture(scope="module", params=EVENTS, ids=lambda event: event or "at first")
def event(request: pytest.FixtureRequest, stage: Stage) -> str:
    """What happened before the test; the tests after it are run anew."""
    with ExitStack() as stack:
        stack.callback(heal)
        EVENTS[request.param](stage)
        stack.pop_all()
    return str(request.param)


# --- what shall be ----------------------------------------------------------------


def _flat(corner: Corner) -> Nic:
    return corner.flat


def _routed(corner: Corner) -> Nic:
    return corner.routed


def _check_pairs(corners: list[Corner], nic: Callable[[Corner], Nic]) -> None:
    """Each reaches each other, with full packets, in both families."""

    def meet(pair: tuple[Corner, Corner], version: int) -> None:
        here, there = pair
        address = nic(there).addresses[version]
        ping = partial(pings_full, here.namespace, address)
        wait_for(ping, f"{address} to answer {here.host.name}")
        seen = exchange(here.namespace, address, PORT)
        assert seen == nic(here).addresses[version]

    cases = product(permutations(corners, 2), (4, 6))
    with ExitStack() as stack:
        for corner in corners:
            stack.enter_context(listening(corner.namespace, PORT))
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(meet, *zip(*cases, strict=True)))


def test_each_server_is_in_a_corner_of_its_own(event: str, stage: Stage) -> None:
    guests = [GUESTS.load(corner.server) for corner in stage.corners]
    assert [guest.host.name for guest in guests if guest] == [
        host.name for _, host in seats()
    ]


def test_all_pairs_meet_on_one_network(event: str, stage: Stage) -> None:
    _check_pairs(stage.corners, _flat)


def test_all_pairs_meet_by_one_router(event: str, stage: Stage) -> None:
    _check_pairs(stage.corners, _routed)


def test_each_server_is_reached_from_outside(event: str, stage: Stage) -> None:
    for corner in stage.corners:
        public = stage.public[corner.server]
        ping = partial(pings, INTERNET_NAMESPACE, public)
        wait_for(ping, f"{public} to lead to {corner.host.name}")
        with listening(corner.namespace, PORT):
            seen = exchange(INTERNET_NAMESPACE, public, PORT)
        assert seen == HERE.external_gateway
        with listening(INTERNET_NAMESPACE, PORT):
            assert exchange(corner.namespace, INTERNET_ADDRESS, PORT) == public


def test_nothing_drifted(event: str, stage: Stage) -> None:
    project = stage.cloud.project_id
    wait_for(lambda: not verify("--project", project), "all to agree")


def test_what_was_changed_meanwhile_is_followed(event: str, stage: Stage) -> None:
    port = MEANWHILE[event]
    for host in (stage.corners[0], stage.corners[-1]):
        target = f"udp/{host.flat.addresses[4]}/{port}"
        with answering(host.namespace, [port]):
            for sender in stage.corners:
                if sender is host:
                    continue
                call = partial(reached, sender.namespace, [target])
                wait_for(call, f"{target} to answer {sender.host.name}")


@pytest.fixture
def tidied(stage: Stage) -> Iterator[None]:
    """All servers are in one group again after the test, and others are gone."""
    yield
    for corner in stage.corners:
        _join(stage, corner, stage.group)
    remove_spare_groups(stage)


def test_each_kind_of_rule_admits_whom_it_names(
    event: str, stage: Stage, tidied: None
) -> None:
    # In the one pod before anything happened, and then in the other.
    host = stage.corners[2 if event else 0]
    senders = [corner for corner in stage.corners if corner is not host]
    group = make_group(stage, "closed")
    remote = _remote(stage, senders)

    def pass_as(wanted: dict[str, set[str]]) -> None:
        passed: list[dict[str, set[str]]] = []

        def as_wanted() -> bool:
            passed[:] = [passing(senders, host)]
            return passed == [wanted]

        try:
            wait_for(as_wanted, "rules to be followed")
        except TimeoutError:
            assert passed[0] == wanted

    nobody = {sender.server: set[str]() for sender in senders}
    with answering(host.namespace, PORTS):
        _join(stage, host, group)
        pass_as(nobody)
        rules = [admit(stage, group, **kind.rule(remote)) for kind in KINDS.values()]
        pass_as(expected(remote, senders))
        for rule in rules:
            stage.network.delete_security_group_rule(rule)
        pass_as(nobody)


def _remote(stage: Stage, senders: list[Corner]) -> Remote:
    """Two of three senders are members, the other two are named by their address."""
    first, second, last = senders
    group = make_group(stage, "members")
    for member in (first, last):
        _join(stage, member, stage.group, group)
    addresses = stage.network.create_address_group(
        name=stage.cloud.name("named"),
        addresses=[f"{one.flat.addresses[4]}/32" for one in (second, last)],
    )
    stage.made["address_group"].append(addresses.id)
    return Remote(
        one=last,
        group=group,
        members=(first, last),
        addresses=addresses.id,
        named=(second, last),
        cidr=FLAT_CIDR,
    )


def _join(stage: Stage, corner: Corner, *groups: str) -> None:
    stage.network.update_port(corner.flat.port, security_groups=list(groups))


def test_what_no_rule_lets_out_stays_inside(
    event: str, stage: Stage, tidied: None
) -> None:
    host, sender = stage.corners[0], stage.corners[-1]
    group = make_group(stage, "mute")
    for rule in stage.network.security_group_rules(security_group_id=group):
        stage.network.delete_security_group_rule(rule)
    target = f"tcp/{host.flat.addresses[4]}/{PORT}"

    def passes() -> set[str]:
        return reached(sender.namespace, [target])

    with answering(host.namespace, [PORT]):
        wait_for(passes, "what all may send")
        _join(stage, sender, group)
        wait_for(lambda: not passes(), "what nobody may send")
        admit(stage, group, direction="egress", protocol="tcp")
        wait_for(passes, "what one may send")
