# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""What users delete is gone everywhere, in whatever order they do it.

`test_packets` deletes its servers first; here they are last, and then all goes at once.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from functools import partial

import pytest

from tests.integration.cloud import Cloud
from tests.integration.inventory import assert_nothing_is_left, inventory
from tests.integration.projects import operator_in, user_of_a_new_project
from tests.integration.routed import external_network
from tests.integration.stage import (
    DELETES,
    HERE,
    THERE,
    Stage,
    admit,
    build,
    remove,
    remove_at_once,
    seats,
)
from tests.integration.traffic import pings
from tests.integration.waiting import wait_for

pytestmark = pytest.mark.timeout(600)

ORDERS: dict[str, Callable[[Stage], None]] = {
    "servers last": lambda stage: remove(
        stage, [*(kind for kind in DELETES if kind != "server"), "server"]
    ),
    "all at once": remove_at_once,
}


@pytest.fixture
def cloud(whole_cloud: Cloud) -> Iterator[Cloud]:
    """The cloud, and a user of it in a project that is new."""
    with ExitStack() as stack:
        user = stack.enter_context(user_of_a_new_project(whole_cloud, "deletes"))
        yield replace(whole_cloud, user=user("demo"), stack=stack)


@pytest.mark.parametrize("order", ORDERS)
def test_nothing_is_left(cloud: Cloud, order: str) -> None:
    external = external_network(cloud, HERE)
    before = inventory(cloud)
    stage = Stage(cloud, operator_in(cloud, cloud.project_id), external)
    with ExitStack() as again:
        again.callback(remove_at_once, stage)
        places = seats()
        build(stage, [places[0], places[-1]])
        _add_to(stage)
        here, there = stage.corners
        for nic, other in ((there.flat, here.flat), (there.routed, here.routed)):
            for version in (4, 6):
                ping = partial(pings, here.namespace, nic.addresses[version])
                wait_for(ping, f"{other.addresses[version]} to be answered")
        made = inventory(cloud) - before
        assert {one.partition(":")[0] for one in made} >= {
            "admin",
            HERE.slug,
            THERE.slug,
        }
        ORDERS[order](stage)
        assert_nothing_is_left(cloud, before, stage.others)


def _add_to(stage: Stage) -> None:
    """What else there is: limits, named addresses, a forwarded port."""
    there = stage.corners[-1]
    network, operator = stage.network, stage.operator.network
    policy = operator.create_qos_policy(name=stage.cloud.name("slow"))
    stage.made["policy"].append(policy.id)
    operator.create_qos_bandwidth_limit_rule(policy, max_kbps=50_000)
    network.update_port(there.routed.port, qos_policy_id=policy.id)
    named = network.create_address_group(
        name=stage.cloud.name("named"), addresses=["198.51.100.0/24"]
    )
    stage.made["address_group"].append(named.id)
    for remote in (
        {"remote_address_group_id": named.id},
        {"remote_group_id": stage.group},
    ):
        admit(stage, stage.group, protocol="udp", **remote)
    # A port has a floating address of its own, or its ports are forwarded from one.
    network.delete_ip(stage.made["floating_ip"].pop())
    public = network.create_ip(floating_network_id=stage.external.id)
    stage.made["floating_ip"].append(public.id)
    forwarding = network.create_port_forwarding(
        floatingip_id=public.id,
        internal_port_id=there.routed.port,
        internal_ip_address=there.routed.addresses[4],
        internal_port=22,
        external_port=2222,
        protocol="tcp",
    )
    stage.made["forwarding"].append((public.id, forwarding.id))
