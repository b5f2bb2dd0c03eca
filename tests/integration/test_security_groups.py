# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""A pod's security groups block, and admit what a rule names."""

from collections.abc import Callable

import pytest

from tests.integration.bench import Bench
from tests.integration.conftest import Pair
from tests.integration.networks import admit, make_group
from tests.integration.servers import Server
from tests.integration.traffic import exchange, listening, pings
from tests.integration.waiting import wait_for

PORT = 7001


@pytest.fixture
def stranger(bench: Bench, pair: Pair) -> Server:
    """The second server, in a group of its own instead of the default one."""
    _join(bench, pair.second, make_group(bench, "strangers").id)
    return pair.second


def _groups(bench: Bench, server: Server) -> list[str]:
    return list(bench.user.network.get_port(server.port).security_group_ids)


def _join(bench: Bench, server: Server, *groups: str) -> None:
    before = _groups(bench, server)
    change = bench.user.network.update_port
    change(server.port, security_groups=list(groups))
    bench.stack.callback(change, server.port, security_groups=before)


def _stops(works: Callable[[], object], what: str) -> None:
    wait_for(lambda: not works(), f"{what} to be blocked")
    assert not works(), f"{what} is blocked, then passes"


def test_a_rule_admits_pings(bench: Bench, pair: Pair, stranger: Server) -> None:
    host = pair.first

    def ping() -> bool:
        return pings(stranger.namespace, host.address)

    _stops(ping, "the default group's ping from outside")
    group = make_group(bench, "open to pings")
    (outside,) = _groups(bench, stranger)
    rule = admit(bench, group, "icmp", remote_group_id=outside)
    _join(bench, host, *_groups(bench, host), group.id)
    wait_for(ping, "the rule to admit pings")
    assert not pings(host.namespace, stranger.address), "nobody admitted the way back"

    bench.user.network.delete_security_group_rule(rule)
    _stops(ping, "a ping without a rule")


def test_a_rule_admits_one_tcp_port(bench: Bench, pair: Pair, stranger: Server) -> None:
    host = pair.first

    def connects(port: int) -> str | None:
        return exchange(stranger.namespace, host.address, port)

    with listening(host.namespace, PORT), listening(host.namespace, PORT + 1):
        _stops(lambda: connects(PORT), "the default group's TCP from outside")
        group = make_group(bench, "open to TCP")
        ports = {"port_range_min": PORT, "port_range_max": PORT}
        admit(bench, group, "tcp", remote_ip_prefix=f"{stranger.address}/32", **ports)
        _join(bench, host, *_groups(bench, host), group.id)
        seen = wait_for(lambda: connects(PORT), "the rule to admit TCP")
        assert seen == stranger.address
        assert connects(PORT + 1) is None, "the next port has no rule"
    assert not pings(stranger.namespace, host.address), "a TCP rule admits pings"
