# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""The kinds of security-group rules, and who is to get through by each.

Each has a TCP or UDP port of its own, or a protocol, so that what one rule admits no
other one does: all of them can be tried at the same time.
"""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from tests.integration.stage import Corner
from tests.integration.traffic import pings, reached

#: What no rule admits: nobody gets through, while the group is there.
NO_RULE, _SHUT = "no rule", 7199


@dataclass(frozen=True)
class Remote:
    """What rules name: the one address, and two groups with some members."""

    one: Corner
    group: str
    members: Sequence[Corner]
    addresses: str
    named: Sequence[Corner]
    cidr: str


@dataclass(frozen=True)
class Kind:
    """A rule by what Neutron calls its parts, and whom it admits.

    ``probe`` is what to send: pings, or a protocol and a port, of an IP version.
    """

    probe: str
    rule: Callable[[Remote], dict[str, Any]]
    admitted: Callable[[Remote, Corner], bool] = lambda remote, corner: True
    version: int = 4

    @property
    def is_ping(self) -> bool:
        return self.probe == "ping"

    def target(self, host: Corner) -> str:
        """What `reached` calls the probe of a server."""
        protocol, port = self.probe.split("/")
        return f"{protocol}/{host.flat.addresses[self.version]}/{port}"


def _port(port: int, protocol: str = "tcp", **more: Any) -> dict[str, Any]:
    return {
        "protocol": protocol,
        "port_range_min": port,
        "port_range_max": port,
        **more,
    }


KINDS = {
    "a type of ICMP": Kind(
        "ping",
        lambda _: {"protocol": "icmp", "port_range_min": 8, "port_range_max": 0},
    ),
    "ICMP of IPv6": Kind(
        "ping",
        lambda _: {"protocol": "ipv6-icmp", "ether_type": "IPv6"},
        version=6,
    ),
    "a port of TCP": Kind("tcp/7101", lambda _: _port(7101)),
    "a range of ports": Kind(
        "tcp/7104", lambda _: _port(7103) | {"port_range_max": 7105}
    ),
    "a port of UDP": Kind("udp/7106", lambda _: _port(7106, "udp")),
    "a port of TCP over IPv6": Kind(
        "tcp/7107", lambda _: _port(7107, ether_type="IPv6"), version=6
    ),
    "a protocol by its number": Kind("udp/7108", lambda _: _port(7108, "17")),
    "a range of addresses": Kind(
        "tcp/7109", lambda remote: _port(7109, remote_ip_prefix=remote.cidr)
    ),
    "one address": Kind(
        "tcp/7110",
        lambda remote: _port(
            7110, remote_ip_prefix=f"{remote.one.flat.addresses[4]}/32"
        ),
        lambda remote, corner: corner == remote.one,
    ),
    "any protocol": Kind(
        "udp/7111",
        lambda remote: {
            "ether_type": "IPv6",
            "remote_ip_prefix": f"{remote.one.flat.addresses[6]}/128",
        },
        lambda remote, corner: corner == remote.one,
        version=6,
    ),
    "members of a group": Kind(
        "tcp/7112",
        lambda remote: _port(7112, remote_group_id=remote.group),
        lambda remote, corner: corner in remote.members,
    ),
    "addresses of a group": Kind(
        "tcp/7113",
        lambda remote: _port(7113, remote_address_group_id=remote.addresses),
        lambda remote, corner: corner in remote.named,
    ),
}
_PINGS = {name: kind for name, kind in KINDS.items() if kind.is_ping}
_CALLS = {name: kind for name, kind in KINDS.items() if not kind.is_ping}
#: Where a server has to answer.
PORTS = [_SHUT, *(int(kind.probe.rpartition("/")[2]) for kind in _CALLS.values())]


def passing(senders: Sequence[Corner], host: Corner) -> dict[str, set[str]]:
    """The kinds of probes that get through to a server, by who sends them."""
    with ThreadPoolExecutor(len(senders)) as pool:
        found = pool.map(lambda sender: _passing(sender, host), senders)
        return dict(zip((one.server for one in senders), found, strict=True))


def expected(remote: Remote, senders: Iterable[Corner]) -> dict[str, set[str]]:
    """The same, as it is when all rules are there."""
    return {
        sender.server: {
            name for name, kind in KINDS.items() if kind.admitted(remote, sender)
        }
        for sender in senders
    }


def _passing(sender: Corner, host: Corner) -> set[str]:
    calls = {name: kind.target(host) for name, kind in _CALLS.items()}
    calls[NO_RULE] = f"tcp/{host.flat.addresses[4]}/{_SHUT}"
    with ThreadPoolExecutor(1 + len(_PINGS)) as pool:
        called = pool.submit(reached, sender.namespace, [*calls.values()])
        pinged = {
            name: pool.submit(
                pings, sender.namespace, host.flat.addresses[kind.version]
            )
            for name, kind in _PINGS.items()
        }
        there = called.result()
    passed = {name for name, target in calls.items() if target in there}
    return passed | {name for name, ping in pinged.items() if ping.result()}
