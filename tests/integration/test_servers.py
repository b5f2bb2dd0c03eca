# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""A pod boots servers that behave: they come, answer, change and go."""

from pathlib import Path

from tests.integration.bench import GUESTS, Bench
from tests.integration.conftest import Pair
from tests.integration.networks import make_network
from tests.integration.servers import (
    addresses,
    boot,
    delete,
    guest_of,
    unplug,
    wait_for_address,
    wait_for_server,
)
from tests.integration.traffic import exchange, listening, pings
from tests.integration.waiting import is_gone, wait_for

NAMESPACES = Path("/run/netns")


def test_a_server_comes_and_goes(bench: Bench, pair: Pair) -> None:
    (server,) = boot(bench, pair.network, "passing")
    compute, network = bench.user.compute, bench.user.network
    port = network.get_port(server.port)
    assert port.status == "ACTIVE"
    hosts = {host.name for host in bench.pod.hosts}
    assert guest_of(server).host.name in hosts
    assert (NAMESPACES / server.namespace).exists()
    console = compute.get_server_console_output(server.id)["output"]
    assert f"bound to {server.address}/" in console

    delete(bench, server.id)
    assert not (NAMESPACES / server.namespace).exists()
    assert GUESTS.load(server.id) is None
    assert is_gone(network.get_port, server.port)


def test_servers_have_the_addresses_that_neutron_gave(pair: Pair) -> None:
    assert pair.first.address != pair.second.address
    for server in (pair.first, pair.second):
        assert addresses(server.namespace) == {server.mac: [server.address]}


def test_servers_ping_each_other(pair: Pair) -> None:
    first, second = pair.first, pair.second
    wait_for(lambda: pings(first.namespace, second.address), "the first ping")
    assert pings(second.namespace, first.address)
    assert not pings(first.namespace, "10.20.0.250"), "who answers for nobody?"


def test_full_segments_pass_both_ways(pair: Pair) -> None:
    for client, server in ((pair.first, pair.second), (pair.second, pair.first)):
        with listening(server.namespace, 7000):
            seen = exchange(client.namespace, server.address, 7000)
        assert seen == client.address


def test_a_stopped_server_is_silent_until_it_starts(bench: Bench, pair: Pair) -> None:
    (server,) = boot(bench, pair.network, "sleeper")
    compute, near = bench.user.compute, pair.first.namespace
    wait_for(lambda: pings(near, server.address), "a server to answer")

    compute.stop_server(server.id)
    wait_for_server(bench, server.id, "SHUTOFF")
    assert not pings(near, server.address)
    compute.start_server(server.id)
    wait_for_server(bench, server.id, "ACTIVE")
    wait_for(lambda: pings(near, server.address), "a started server to answer")

    compute.pause_server(server.id)
    wait_for_server(bench, server.id, "PAUSED")
    assert not pings(near, server.address)
    compute.unpause_server(server.id)
    wait_for_server(bench, server.id, "ACTIVE")
    wait_for(lambda: pings(near, server.address), "an unpaused server to answer")

    def banners() -> int:
        console = compute.get_server_console_output(server.id)["output"]
        return str(console).count(f"Welcome to {server.name}")

    booted = banners()
    compute.reboot_server(server.id, "HARD")
    wait_for(lambda: banners() == booted + 1, "a server to boot again")
    wait_for_server(bench, server.id, "ACTIVE")
    wait_for(lambda: pings(near, server.address), "a rebooted server to answer")


def test_a_nic_is_plugged_and_unplugged(bench: Bench, pair: Pair) -> None:
    network = make_network(bench, "second", "10.21.0.0/24")
    compute, server = bench.user.compute, pair.first
    nic = compute.create_server_interface(server.id, net_id=network.id)
    bench.stack.callback(unplug, bench, server.id, nic.port_id)
    wait_for_address(server.namespace, nic.mac_addr, nic.fixed_ips[0]["ip_address"])
    assert addresses(server.namespace)[server.mac] == [server.address]

    unplug(bench, server.id, nic.port_id)
    assert addresses(server.namespace) == {server.mac: [server.address]}
    assert [nic.port for nic in guest_of(server).nics] == [server.port]
