# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Servers get central ports by Nova's rules, realised in their pod."""

import json
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest

from tests.unit.tricircle.gateway.pod import Talk, pod, run
from tricircle.gateway.caller import Caller
from tricircle.gateway.central_ports import CentralPorts
from tricircle.gateway.errors import (
    BadRequest,
    Conflict,
    Forbidden,
    GatewayError,
    PodUnavailable,
)
from tricircle.gateway.identity import Credential, Identities, Keystone, OwnToken
from tricircle.gateway.memory import MemoryPlacement
from tricircle.gateway.message import Identity
from tricircle.gateway.neutron import Neutron
from tricircle.gateway.places import Kind
from tricircle.gateway.pod_servers import PodServers
from tricircle.gateway.ports import Attachment, Interface, Pod
from tricircle.gateway.transport import Transport
from tricircle.pods.server_ports import MADE, Promise, is_made, promised

USER = Identity("user", "U", "P", frozenset(), 4e9)
POD = Pod("pod-1-id", "Pod1", "az1")


class FakeNeutron:
    """Networks, ports and security groups, with revisions and who asked."""

    def __init__(self) -> None:
        self.networks: dict[str, dict[str, Any]] = {}
        self.ports: dict[str, dict[str, Any]] = {}
        self.groups = [{"id": "G1", "name": "web"}, {"id": "G2", "name": "web"}]
        self.auto: dict[str, Any] | None = None
        self.refusal: tuple[int, str] | None = None
        self.changes: list[str] = []
        self.meanwhile = False
        self.takes_tags = True
        self.gone: Callable[[dict[str, Any]], None] = lambda port: None

    def network(self, id: str, **more: Any) -> None:
        self.networks[id] = {"id": id, "project_id": "P", "shared": False} | {
            "subnets": ["S"],
            **more,
        }

    def port(self, id: str, **more: Any) -> None:
        self.ports[id] = {"id": id, "project_id": "P", "device_id": ""} | {
            "fixed_ips": [{}],
            "ip_allocation": "immediate",
            "revision_number": 1,
            "tags": [],
            **more,
        }

    async def serve(self, talk: Talk) -> None:
        while True:
            head, _, body = (await talk.request()).partition(b"\r\n\r\n")
            lines = head.decode().split("\r\n")
            method, target, _ = lines[0].split(" ")
            headers = dict(line.lower().split(": ", 1) for line in lines[1:])
            document = json.loads(body) if body else None
            status, answer = self.answer(method, target, headers, document)
            if method != "GET" and status < 300:
                who = headers["x-auth-token"]
                path = target.removeprefix("/v2.0")
                self.changes.append(f"{who} {method} {path}")
            await talk.answer(json.dumps(answer).encode(), status)

    def answer(
        self, method: str, target: str, headers: Mapping[str, str], document: Any
    ) -> tuple[int, Any]:
        path, _, query = target.removeprefix("/v2.0/").partition("?")
        noun, _, rest = path.partition("/")
        filters = dict(pair.split("=") for pair in query.split("&") if pair)
        if method == "GET":
            return self.read(noun, rest, filters)
        if self.refusal and method == "POST":
            status, type = self.refusal
            return status, {"NeutronError": {"type": type, "message": f"{type}!"}}
        if method == "POST":
            id = f"made-{len(self.ports)}"
            self.port(id, **document["port"])
            return 201, {"port": self.ports[id]}
        return self.change(method, rest, headers, document)

    def read(self, noun: str, rest: str, filters: dict[str, str]) -> tuple[int, Any]:
        if noun == "auto-allocated-topology":
            return (200, {"t": self.auto}) if self.auto else (404, {})
        if noun == "security-groups":
            return 200, {"security_groups": self.groups}
        stock = self.networks if noun == "networks" else self.ports
        if rest:
            return (200, {"x": stock[rest]}) if rest in stock else (404, {})
        if noun == "ports":
            device = filters["device_id"]
            return 200, {noun: [p for p in stock.values() if p["device_id"] == device]}
        found = [
            one
            for one in stock.values()
            if one["shared"] is (filters["shared"] == "true")
            and filters.get("project_id", one["project_id"]) == one["project_id"]
        ]
        return 200, {noun: found}

    def change(
        self, method: str, rest: str, headers: Mapping[str, str], document: Any
    ) -> tuple[int, Any]:
        id, _, tag = rest.partition("/tags/")
        port = self.ports.get(id)
        if port is None:
            return 404, {}
        if method == "DELETE":
            self.gone(self.ports.pop(id))
            return 204, {}
        if tag:
            if not self.takes_tags:
                return 503, {}
            port["tags"].append(tag)
            return 201, {}
        if self.meanwhile and "if-match" in headers:
            return 412, {}
        port.update(document["port"])
        return 200, {"port": port}


class FakeNova:
    """A pod's servers, as far as it tells."""

    def __init__(self) -> None:
        self.servers: set[str] = set()
        self.lists = 200

    async def serve(self, talk: Talk) -> None:
        while True:
            head = (await talk.request()).decode()
            path = head.split(" ")[1].removeprefix("/v2.1/servers")
            assert "x-auth-token: operator" in head.lower()
            if path.startswith("?all_tenants=1"):
                await talk.answer(b'{"servers": []}', self.lists)
            else:
                there = path.removeprefix("/") in self.servers
                await talk.answer(b"{}", 200 if there else 404)


class FakePodPorts:
    """Realises, unless told not to."""

    def __init__(self) -> None:
        self.there: set[str] = set()
        self.refuses: set[str] = set()
        self.refreshed: list[str] = []

    def realise_port(self, port_id: str, pod_id: str, project_id: str) -> str:
        if port_id in self.refuses:
            raise PodUnavailable("The pod's Neutron does not answer.")
        self.there.add(port_id)
        return f"{pod_id}/{port_id}"

    def refresh_port(self, port_id: str, pod_id: str) -> None:
        self.refreshed.append(f"{pod_id}/{port_id}")

    def release_port(self, port_id: str, pod_id: str) -> None:
        self.there.discard(port_id)

    def pod_ids(
        self, kind: str, central_ids: Collection[str], pod_id: str
    ) -> Mapping[str, str]:
        return {id: f"{pod_id}/{kind}/{id}" for id in central_ids if id != "unknown"}

    def central_ids(
        self, kind: str, pod_ids: Collection[str], pod_id: str
    ) -> Mapping[str, str]:
        return {id: id.rpartition("/")[2] for id in pod_ids if "/" in id}


@asynccontextmanager
async def calling(
    neutron: FakeNeutron, nova: FakeNova
) -> AsyncIterator[tuple[MemoryPlacement, Caller]]:
    async with pod(neutron.serve) as central, pod(nova.serve) as fake:
        region = Pod("C", "RegionOne", endpoints={"network": f"{central.origin}/v2.0"})
        there = replace(POD, endpoints={"compute": f"{fake.origin}/v2.1"})
        transport = Transport()

        async def log_in() -> OwnToken:
            return OwnToken("operator", "operators", 4e9)

        credential = Credential(log_in)
        identities = Identities(Keystone("http://k/v3", transport), credential)
        placement = MemoryPlacement(region, [there])
        yield placement, Caller(placement, transport, credential, identities)
        await transport.aclose()


@asynccontextmanager
async def central() -> AsyncIterator[tuple[CentralPorts, FakeNeutron, FakePodPorts]]:
    neutron, pod_ports = FakeNeutron(), FakePodPorts()
    async with calling(neutron, FakeNova()) as (placement, caller):
        ports = CentralPorts(
            Neutron(placement, caller), pod_ports, PodServers(caller), lambda *_: None
        )
        yield ports, neutron, pod_ports


@asynccontextmanager
async def leaving() -> AsyncIterator[
    tuple[CentralPorts, FakeNeutron, FakeNova, list[tuple[str, str]]]
]:
    """The same, with the pod's servers, and the ports that jobs get."""
    neutron, nova, left = FakeNeutron(), FakeNova(), list[tuple[str, str]]()
    async with calling(neutron, nova) as (placement, caller):
        yield (
            CentralPorts(
                Neutron(placement, caller),
                FakePodPorts(),
                PodServers(caller),
                lambda port_id, project_id: left.append((port_id, project_id)),
            ),
            neutron,
            nova,
            left,
        )


def asks(*interfaces: Interface, **more: Any) -> Attachment:
    return Attachment(interfaces, **more)


def test_ports_are_made_as_the_user_and_go_with_the_server() -> None:
    async def main() -> None:
        async with central() as (ports, neutron, pod_ports):
            neutron.network("N1")
            wanted = asks(Interface("N1", None, ("10.0.0.5",)), security_groups=("G1",))
            realised = await ports.prepare(wanted, POD, USER, "intent-1")
            (port,) = neutron.ports.values()
            assert realised.pod_ports == (f"pod-1-id/{port['id']}",)
            assert promised(port) == Promise("intent-1", is_made=True)
            assert MADE in port["tags"]
            assert port["fixed_ips"] == [{"ip_address": "10.0.0.5"}]
            assert port["security_groups"] == ["G1"]
            assert neutron.changes[0] == "user POST /ports"
            await ports.claim(realised, "S1", POD)
            assert (port["device_id"], port["device_owner"]) == ("S1", "compute:az1")
            for _ in range(2):  # it may run twice
                await ports.release("S1", POD)
                assert neutron.ports == {}
                assert pod_ports.there == set()

    run(main())


def test_a_port_of_the_user_is_taken_and_free_again_afterwards() -> None:
    async def main() -> None:
        async with central() as (ports, neutron, pod_ports):
            neutron.port("A")
            realised = await ports.prepare(asks(Interface(port_id="A")), POD, USER, "i")
            assert promised(neutron.ports["A"]) == Promise("i", is_made=False)
            await ports.claim(realised, "S1", POD)
            with pytest.raises(Conflict, match="still in use"):
                await ports.prepare(asks(Interface(port_id="A")), POD, USER, "j")
            await ports.release("S2", POD)
            assert neutron.ports["A"]["device_id"] == "S1"
            await ports.release("S1", POD)
            assert neutron.ports["A"]["device_id"] == ""
            assert MADE not in neutron.ports["A"]["tags"]
            assert pod_ports.there == set()

    run(main())


def test_ports_stay_until_the_pod_has_the_server_no_more() -> None:
    async def main() -> None:
        async with leaving() as (ports, neutron, nova, _):
            neutron.port("A", device_id="S1", tags=[MADE])
            nova.servers = {"S1"}
            await ports.release("S1", POD)
            assert set(neutron.ports) == {"A"}
            # What answers 404 to everything, or to whoever is no administrator.
            nova.servers, nova.lists = set(), 403
            await ports.release("S1", POD)
            assert set(neutron.ports) == {"A"}
            nova.lists = 200
            await ports.release("S1", POD)
            assert neutron.ports == {}

    run(main())


def test_a_changed_port_is_refreshed_in_its_pod() -> None:
    async def main() -> None:
        async with central() as (ports, _, pod_ports):
            await ports.refresh("A", POD)
            assert pod_ports.refreshed == [f"{POD.id}/A"]

    run(main())


def test_a_detached_port_is_left_to_a_job() -> None:
    async def main() -> None:
        async with leaving() as (ports, neutron, _, left):
            neutron.port("A", device_id="S1", tags=[MADE])
            await ports.detach("S2", "A", POD)
            assert left == []
            await ports.detach("S1", "A", POD)
            assert left == [("A", "P")]
            assert set(neutron.ports) == {"A"}

    run(main())


def test_what_users_may_not_do_is_done_as_the_operator() -> None:
    async def main() -> None:
        async with central() as (ports, neutron, _):
            neutron.network("N1")
            neutron.port("A")
            wanted = asks(Interface("N1"), Interface(port_id="A"))
            realised = await ports.prepare(wanted, POD, USER, "i")
            (made,) = set(neutron.ports) - {"A"}
            assert neutron.changes == [
                "user POST /ports",
                f"operator PUT /ports/{made}/tags/{MADE}",
                "user PUT /ports/A",
            ]
            neutron.changes.clear()
            await ports.claim(realised, "S1", POD)
            await ports.release("S1", POD)
            assert {change.split(" ")[0] for change in neutron.changes} == {"operator"}
            assert f"operator DELETE /ports/{made}" in neutron.changes

    run(main())


REFUSED = [
    (asks(Interface(port_id="none")), BadRequest, "Port id none could not be found"),
    (asks(Interface(port_id="foreign")), BadRequest, "not usable"),
    (asks(Interface(port_id="bare")), BadRequest, "requires a FixedIP"),
    (asks(Interface("none")), BadRequest, "Network none could not be found"),
    (asks(Interface("empty")), BadRequest, "requires a subnet"),
    (asks(Interface("N1"), security_groups=("db",)), BadRequest, "group db not found"),
    (asks(automatic="none", security_groups=("db",)), BadRequest, "db not found"),
    (asks(Interface("N1"), security_groups=("web",)), Conflict, "Multiple security"),
    (asks(automatic="default"), Conflict, "Multiple possible networks"),
    (asks(automatic="auto"), Conflict, "Multiple possible networks"),
]


@pytest.mark.parametrize(("wanted", "error", "words"), REFUSED)
def test_what_nova_refuses_is_refused_and_leaves_nothing(
    wanted: Attachment, error: type[GatewayError], words: str
) -> None:
    async def main() -> None:
        async with central() as (ports, neutron, pod_ports):
            neutron.network("N1")
            neutron.network("N2", shared=True, project_id="Q")
            neutron.network("N3", project_id="Q")
            neutron.network("empty", subnets=[])
            neutron.port("foreign", project_id="Q")
            neutron.port("bare", fixed_ips=[])
            before = set(neutron.ports)
            with pytest.raises(error, match=words):
                await ports.prepare(wanted, POD, USER, "i")
            assert set(neutron.ports) == before
            assert pod_ports.there == set()

    run(main())


@pytest.mark.parametrize(
    ("networks", "automatic", "attached"),
    [
        ({}, "default", []),
        ({"N1": {}}, "default", ["N1"]),
        ({"N1": {}}, "none", []),
        ({"N1": {"project_id": "Q", "shared": True}}, "default", ["N1"]),
        ({"N1": {"project_id": "Q"}}, "default", []),
        ({"N1": {}}, "auto", ["N1"]),
    ],
)
def test_a_server_for_which_no_network_is_named(
    networks: dict[str, Any], automatic: str, attached: list[str]
) -> None:
    async def main() -> None:
        async with central() as (ports, neutron, _):
            for id, more in networks.items():
                neutron.network(id, **more)
            await ports.prepare(asks(automatic=automatic), POD, USER, "i")
            made = [port["network_id"] for port in neutron.ports.values()]
            assert made == attached

    run(main())


def test_a_network_can_be_allocated_automatically() -> None:
    async def main() -> None:
        async with central() as (ports, neutron, _):
            with pytest.raises(BadRequest, match="automatically allocate"):
                await ports.prepare(asks(automatic="auto"), POD, USER, "i")
            neutron.auto = {"id": "N9"}
            neutron.network("N9", project_id="Q")
            await ports.prepare(asks(automatic="auto"), POD, USER, "i")
            assert [port["network_id"] for port in neutron.ports.values()] == ["N9"]

    run(main())


def test_when_one_port_fails_all_are_given_back() -> None:
    async def main() -> None:
        async with central() as (ports, neutron, pod_ports):
            neutron.network("N1")
            neutron.port("A")
            neutron.port("B")
            pod_ports.refuses = {"B"}
            wanted = asks(
                Interface("N1"), Interface(port_id="A"), Interface(port_id="B")
            )
            with pytest.raises(PodUnavailable):
                await ports.prepare(wanted, POD, USER, "i")
            assert set(neutron.ports) == {"A", "B"}
            assert {port["device_id"] for port in neutron.ports.values()} == {""}
            assert pod_ports.there == set()

    run(main())


def test_a_port_tells_that_it_was_made_before_it_has_its_tag() -> None:
    async def main() -> None:
        async with central() as (ports, neutron, _):
            neutron.network("N1")
            seen: list[dict[str, Any]] = []
            neutron.takes_tags = False
            neutron.gone = seen.append
            with pytest.raises(PodUnavailable):
                await ports.prepare(asks(Interface("N1")), POD, USER, "i")
            (port,) = seen
            assert (port["tags"], is_made(port)) == ([], True)
            assert neutron.ports == {}

    run(main())


def test_of_two_who_take_a_port_at_once_one_gets_it() -> None:
    async def main() -> None:
        async with central() as (ports, neutron, _):
            neutron.port("A")
            neutron.meanwhile = True
            with pytest.raises(Conflict, match="still in use"):
                await ports.prepare(asks(Interface(port_id="A")), POD, USER, "i")

    run(main())


@pytest.mark.parametrize(
    ("refusal", "error"),
    [
        ((409, "OverQuota"), Forbidden),
        ((403, "PolicyNotAuthorized"), Forbidden),
        ((409, "IpAddressAlreadyAllocated"), BadRequest),
        ((409, "IpAddressGenerationFailure"), Conflict),
        ((400, "InvalidInput"), BadRequest),
        ((503, "x"), PodUnavailable),
    ],
)
def test_what_neutron_refuses_is_said_as_nova_says_it(
    refusal: tuple[int, str], error: type[GatewayError]
) -> None:
    async def main() -> None:
        async with central() as (ports, neutron, _):
            neutron.network("N1")
            neutron.refusal = refusal
            with pytest.raises(error):
                await ports.prepare(asks(Interface("N1")), POD, USER, "i")

    run(main())


def test_ids_are_translated_both_ways() -> None:
    async def main() -> None:
        async with central() as (ports, _, _):
            wanted = {(Kind.PORT, "A"), (Kind.NETWORK, "N"), (Kind.PORT, "unknown")}
            there = await ports.translate(wanted, POD, inward=True)
            assert there == {
                (Kind.PORT, "A"): "pod-1-id/port/A",
                (Kind.NETWORK, "N"): "pod-1-id/network/N",
            }
            back = await ports.translate(
                {(kind, id) for (kind, _), id in there.items()}, POD, inward=False
            )
            assert set(back.values()) == {"A", "N"}

    run(main())
