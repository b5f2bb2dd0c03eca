# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
from collections.abc import Callable
from typing import Any

import pytest

from tests.unit.tricircle.regions.wire import Answer, Request, Wire
from tricircle.regions.errors import (
    Broken,
    Clash,
    Denied,
    NotThere,
    Outdated,
    Refused,
    RegionsError,
    ServiceMissing,
    Unreachable,
)
from tricircle.regions.network import NetworkClient, RegionsNetworkClients


def client(answer: Callable[[Request], Answer]) -> NetworkClient:
    wire = Wire(
        hosts={"neutron": answer},
        catalogue={"Pod1": {"network": "http://neutron"}},
    )
    return RegionsNetworkClients(wire.open()).network("Pod1")


def asked(answer: Answer) -> tuple[NetworkClient, list[Request]]:
    seen: list[Request] = []

    def handle(request: Request) -> Answer:
        seen.append(request)
        return answer

    return client(handle), seen


def test_a_kind_makes_path_and_body() -> None:
    rule = {"id": "r1", "direction": "ingress"}
    neutron, seen = asked(Answer(201, {"security_group_rules": [rule]}))
    assert neutron.create_all("security_group_rule", [{"direction": "ingress"}]) == [
        rule
    ]
    (request,) = seen
    assert (request.method, request.path) == ("POST", "/v2.0/security-group-rules")
    assert request.body == {"security_group_rules": [{"direction": "ingress"}]}


def test_filters_may_have_several_values() -> None:
    neutron, seen = asked(Answer(200, {"ports": []}))
    assert neutron.find("port", id=["p1", "p2"], tags="mark") == []
    assert seen[0].query == {"id": ["p1", "p2"], "tags": ["mark"]}


def test_an_update_may_depend_on_the_revision() -> None:
    neutron, seen = asked(Answer(200, {"port": {"id": "p1"}}))
    neutron.update("port", "p1", {"name": "x"}, revision=7)
    neutron.update("port", "p1", {"name": "x"})
    assert seen[0].headers["If-Match"] == "revision_number=7"
    assert "If-Match" not in seen[1].headers
    assert seen[0].body == {"port": {"name": "x"}}


def test_tags_and_actions_are_put() -> None:
    neutron, seen = asked(Answer(200, {"tags": []}))
    neutron.tag("security_group", "g1", ["mark"])
    assert (seen[0].method, seen[0].path) == ("PUT", "/v2.0/security-groups/g1/tags")
    assert seen[0].body == {"tags": ["mark"]}
    neutron, seen = asked(Answer(200, {"address_group": {"id": "a1"}}))
    neutron.act("address_group", "a1", "add_addresses", {"addresses": []})
    assert seen[0].path == "/v2.0/address-groups/a1/add_addresses"


def test_an_action_may_answer_with_something_else() -> None:
    told = {"port_id": "p1", "subnet_id": "s1"}
    neutron, seen = asked(Answer(200, told))
    done = neutron.act("router", "r1", "add_router_interface", {"port_id": "p1"})
    assert done == told
    assert seen[0].path == "/v2.0/routers/r1/add_router_interface"


def test_what_belongs_to_another_resource_is_below_its_path() -> None:
    kind = "floatingips/f1/port_forwarding"
    neutron, seen = asked(Answer(200, {"port_forwardings": [{"id": "w1"}]}))
    assert neutron.find(kind) == [{"id": "w1"}]
    assert seen[0].path == "/v2.0/floatingips/f1/port_forwardings"
    neutron, seen = asked(Answer(201, {"port_forwarding": {"id": "w1"}}))
    assert neutron.create(kind, {"protocol": "tcp"}) == {"id": "w1"}
    assert seen[0].body == {"port_forwarding": {"protocol": "tcp"}}
    neutron, seen = asked(Answer(204))
    assert neutron.delete(kind, "w1")
    assert seen[0].path == "/v2.0/floatingips/f1/port_forwardings/w1"


def test_what_is_gone_is_deleted() -> None:
    assert asked(Answer(204))[0].delete("port", "p1")
    assert not asked(Answer(404))[0].delete("port", "p1")


STARTING = {
    "type": "HTTPNotFound",
    "message": "The resource could not be found.",
    "detail": "",
}


@pytest.mark.parametrize("told", [STARTING, {"NeutronError": STARTING}])
def test_a_404_of_a_neutron_that_is_starting_means_nothing(told: Any) -> None:
    neutron, _ = asked(Answer(404, told))
    with pytest.raises(Broken):
        neutron.get("port", "p1")
    with pytest.raises(Broken):
        neutron.delete("port", "p1")


def test_what_is_there_after_a_404_is_not_gone() -> None:
    """Neutron missed a subnet of the network, which someone else deleted."""

    def busy(request: Request) -> Answer:
        if request.method == "DELETE":
            return Answer(404)
        return Answer(200, {"network": {"id": "n1"}})

    with pytest.raises(Clash):
        client(busy).delete("network", "n1")


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, Refused),
        (401, Denied),
        (403, Denied),
        (404, NotThere),
        (409, Clash),
        (412, Outdated),
        (499, Refused),
        (500, Broken),
        (503, Broken),
    ],
)
def test_each_status_has_its_error(status: int, kind: type[RegionsError]) -> None:
    body = {"NeutronError": {"type": "Why", "message": "so it is", "detail": ""}}
    neutron, _ = asked(Answer(status, body))
    with pytest.raises(RegionsError, match=f"answered {status}: Why: so it is") as told:
        neutron.get("port", "p1")
    assert type(told.value) is kind


@pytest.mark.parametrize("body", ["no JSON", None])
def test_an_error_need_not_be_json(body: str | None) -> None:
    with pytest.raises(Broken, match="GET /ports/p1 of network in Pod1 answered 502"):
        asked(Answer(502, body))[0].get("port", "p1")


def test_an_answer_has_to_be_json() -> None:
    with pytest.raises(Broken, match="answered no JSON"):
        asked(Answer(200, "<html>"))[0].get("port", "p1")


def test_a_region_without_neutron_is_named() -> None:
    with pytest.raises(ServiceMissing, match="network in Pod1"):
        RegionsNetworkClients(Wire().open()).network("Pod1")


def test_a_neutron_that_is_not_there_is_unreachable() -> None:
    wire = Wire(catalogue={"Pod1": {"network": "http://neutron"}})
    with pytest.raises(Unreachable):
        RegionsNetworkClients(wire.open()).network("Pod1").get("port", "p1")
