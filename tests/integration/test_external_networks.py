# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""A pod's servers reach the Internet, and are reached at floating addresses."""

from lab.topology import INTERNET_ADDRESS, INTERNET_NAMESPACE
from tests.integration.bench import Bench
from tests.integration.networks import (
    admit,
    external_network,
    make_floating_address,
    make_group,
    make_network,
    make_router,
)
from tests.integration.servers import boot
from tests.integration.traffic import exchange, listening, pings
from tests.integration.waiting import wait_for

PORT = 7002


def test_servers_are_reached_and_reach_out(bench: Bench) -> None:
    group = make_group(bench, "open")
    admit(bench, group, "icmp")
    admit(bench, group, "tcp", port_range_min=PORT, port_range_max=PORT)
    inside = make_network(bench, "inside", "10.22.0.0/24")
    external = external_network(bench)
    router = make_router(bench, "router", external, inside)
    public, private = boot(bench, inside, "public", "private", groups=(group,))
    floating = make_floating_address(bench, external, public.port)

    wait_for(lambda: pings(INTERNET_NAMESPACE, floating), f"{floating} to answer")
    with listening(public.namespace, PORT):
        seen = exchange(INTERNET_NAMESPACE, floating, PORT)
    assert seen == bench.pod.external_gateway

    wait_for(
        lambda: pings(private.namespace, INTERNET_ADDRESS), "the Internet to answer"
    )
    ours = router.external_gateway_info["external_fixed_ips"][0]["ip_address"]
    with listening(INTERNET_NAMESPACE, PORT):
        assert exchange(private.namespace, INTERNET_ADDRESS, PORT) == ours
        assert exchange(public.namespace, INTERNET_ADDRESS, PORT) == floating
