# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Ports by the hundred: made and deleted by several clients, and read as they are.

A client is a Neutron as one connection has it; its plain calls are used, for they are
what takes time here.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from ipaddress import ip_address
from itertools import cycle, repeat
from typing import Any

#: Ports of one request that makes several, and of those that are deleted at a time.
_AT_ONCE = 10
#: Of a client on a network. A Neutron that has drawn a MAC that is taken draws another
#: one for a single port; for several it tries the same ones again, and gives up.
_MOST_REFUSALS = 5
_FIELDS = ("id", "mac_address", "fixed_ips", "device_owner")


@dataclass(frozen=True)
class Port:
    """What was handed out to a port, by its id, and whose it is."""

    id: str
    mac: str
    addresses: frozenset[str]
    owner: str

    @property
    def families(self) -> tuple[int, ...]:
        """The IP versions of its addresses."""
        return tuple(sorted(ip_address(one).version for one in self.addresses))


@dataclass
class Share:
    """A client's ports of a network: those that are there, and those that were."""

    there: list[Port] = field(default_factory=list)
    gone: list[Port] = field(default_factory=list)
    refusals: int = 0


def shared_out(count: int, portions: int) -> list[int]:
    """A number in portions that differ by one at most."""
    return [(count + number) // portions for number in range(portions)]


def fill(
    pool: Executor, clients: Sequence[Any], network: str, count: int
) -> list[Share]:
    """Have all clients make ports in a network at the same time, so many together."""
    counts = shared_out(count, len(clients))
    return list(pool.map(_make_share, clients, repeat(network), counts))


def _make_share(client: Any, network: str, count: int) -> Share:
    """Make ports in bulk and singly by turns; a half as many go on the way."""
    share = Share()
    while len(share.there) < count:
        _make(client, network, share, min(_AT_ONCE, count - len(share.there)))
        for _ in range(min(_AT_ONCE, count - len(share.there))):
            _make(client, network, share, 1)
        if len(share.gone) < count // 2:
            oldest, share.there = share.there[:_AT_ONCE], share.there[_AT_ONCE:]
            for port in oldest:
                delete(client, port)
            share.gone += oldest
    return share


def _make(client: Any, network: str, share: Share, count: int) -> None:
    """Ask once for ports: what is made counts, not what was asked for."""
    wanted = {"network_id": network}
    body = {"port": wanted} if count == 1 else {"ports": [wanted] * count}
    answer = client.post("/ports", json=body)
    if answer.status_code != 201:
        share.refusals += 1
        assert share.refusals <= _MOST_REFUSALS, answer.text
        return
    made = answer.json()
    share.there += map(_read, made.get("ports") or [made["port"]])


def delete(client: Any, port: Port) -> None:
    """Delete a port that is there."""
    answer = client.delete(f"/ports/{port.id}")
    assert answer.status_code == 204, answer.text


def delete_all(pool: Executor, clients: Sequence[Any], ports: Iterable[Port]) -> None:
    """Delete ports by all clients at the same time: Neutron deletes one in a call."""
    for _ in pool.map(delete, cycle(clients), ports):
        pass


def ports_of(client: Any, network: str) -> list[Port]:
    """All ports of a network that a client may see."""
    query = {"network_id": network, "fields": _FIELDS}
    answer = client.get("/ports", params=query)
    assert answer.status_code == 200, answer.text
    return [_read(port) for port in answer.json()["ports"]]


def twice(values: Iterable[str]) -> list[str]:
    """What is there more than once."""
    return [value for value, number in Counter(values).items() if number > 1]


def macs(ports: Iterable[Port]) -> list[str]:
    """The MAC addresses of ports, as often as they have them."""
    return [port.mac for port in ports]


def addresses(ports: Iterable[Port]) -> list[str]:
    """The addresses of ports, as often as they have them."""
    return [address for port in ports for address in port.addresses]


def _read(port: Mapping[str, Any]) -> Port:
    return Port(
        id=port["id"],
        mac=port["mac_address"],
        addresses=frozenset(fixed["ip_address"] for fixed in port["fixed_ips"]),
        owner=port["device_owner"],
    )
