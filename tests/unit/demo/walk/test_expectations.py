# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors

import json

import pytest

from demo.walk import expectations
from demo.walk.errors import Unexpected
from demo.walk.scene import Scene, Zone
from tests.unit.demo.walk.tables import listing, showing

ZONES = (Zone("Pod1", "pod1", 1), Zone("Pod2", "pod2", 2))
SCENE = Scene("RegionOne", ZONES)
SERVICES = ("identity", "image", "network", "compute", "block-storage", "Cascading")


def endpoints(*types: str, region: str = "RegionOne") -> str:
    rows = [(region, type_, f"http://{type_}") for type_ in types]
    return listing(("Region", "Service Type", "URL"), *rows)


def test_users_have_one_region_and_the_operators_api_is_found() -> None:
    check = expectations.one_region("RegionOne")
    assert check(endpoints(*SERVICES), {}) == {"api": "http://Cascading"}


def test_users_must_not_see_a_pod() -> None:
    check = expectations.one_region("RegionOne")
    with pytest.raises(Unexpected, match="users can see Pod1, too"):
        check(endpoints("compute", region="Pod1"), {})


def test_a_service_that_is_missing_is_named() -> None:
    check = expectations.one_region("RegionOne")
    with pytest.raises(Unexpected, match="no public Cascading"):
        check(endpoints(*SERVICES[:-1]), {})


def test_a_thing_was_made_under_its_name() -> None:
    check = expectations.made("net1")
    assert check(showing({"id": "n-1", "name": "net1"}), {}) == {"net1_id": "n-1"}
    with pytest.raises(Unexpected, match="net1: name is 'other'"):
        check(showing({"id": "n-1", "name": "other"}), {})
    with pytest.raises(Unexpected, match="net1: name is None"):
        check("", {})


def test_a_field_that_is_to_be_kept_must_be_shown() -> None:
    check = expectations.shows("net1", keeps={"project_id": "project"})
    with pytest.raises(Unexpected, match="net1 is shown without project_id"):
        check(showing({"name": "net1"}), {})


def test_a_list_has_each_name_once_with_its_values() -> None:
    check = expectations.lists({"vm1": {"Status": "ACTIVE"}})
    columns = ("Name", "Status")
    assert check(listing(columns, ("vm1", "ACTIVE"), ("x", "ERROR")), {}) == {}
    with pytest.raises(Unexpected, match="vm1 is listed 0 times"):
        check(listing(columns, ("vm2", "ACTIVE")), {})
    with pytest.raises(Unexpected, match="vm1 is listed 2 times"):
        check(listing(columns, ("vm1", "ACTIVE"), ("vm1", "ACTIVE")), {})
    with pytest.raises(Unexpected, match="vm1: Status is 'BUILD'"):
        check(listing(columns, ("vm1", "BUILD")), {})


def pod(name: str, az: str, id_: str = "p-1") -> dict[str, str]:
    return {"pod_id": id_, "pod_name": name, "az_name": az}


def test_pods_that_are_registered_become_facts() -> None:
    check = expectations.known_pods(SCENE)
    pods = [pod("RegionOne", "", "p-0"), pod("Pod1", "az1"), pod("Other", "az9", "p-9")]
    facts = check(json.dumps({"pods": pods}), {})
    assert expectations.is_known("Pod1") in facts
    assert expectations.is_known("Pod2") not in facts
    assert expectations.pod_names(facts) == {
        "p-0": "RegionOne",
        "p-1": "Pod1",
        "p-9": "Other",
    }


def test_a_pod_must_be_in_its_zone() -> None:
    wrong = pod("Pod1", "az2")
    with pytest.raises(Unexpected, match="Pod1 is in 'az2', not in 'az1'"):
        expectations.known_pods(SCENE)(json.dumps({"pods": [wrong]}), {})
    with pytest.raises(Unexpected, match="Pod1 is in 'az2', not in 'az1'"):
        expectations.registered("Pod1", "az1")(json.dumps({"pod": wrong}), {})


def test_a_pod_that_was_refused_is_told_with_the_answer() -> None:
    refusal = '{"error": {"message": "there is no region Pod1"}}'
    for check in (expectations.registered("Pod1"), expectations.known_pods(SCENE)):
        with pytest.raises(Unexpected, match="there is no region Pod1"):
            check(refusal, {})


def test_a_registered_pod_becomes_a_fact() -> None:
    text = json.dumps({"pod": pod("Pod1", "az1")})
    assert expectations.registered("Pod1", "az1")(text, {}) == {"Pod1_pod": "p-1"}


def test_a_servers_address_is_kept() -> None:
    check = expectations.addressed("vm1")
    shown = showing({"addresses": "net1=10.0.0.7"})
    assert check(shown, {}) == {"vm1_address": "10.0.0.7"}


@pytest.mark.parametrize("addresses", ["", "other=10.0.0.7", "net1=10.0.0.7, 10.0.0.8"])
def test_a_server_has_one_address_in_the_network(addresses: str) -> None:
    with pytest.raises(Unexpected, match="vm1 has no address in net1"):
        expectations.addressed("vm1")(showing({"addresses": addresses}), {})


def ports(*rows: tuple[str, str, str]) -> str:
    columns = ("ID", "Fixed IP Addresses", "Status")
    return listing(
        columns,
        *(
            (id_, f"ip_address='{address}', subnet_id='s'" if address else "", status)
            for id_, address, status in rows
        ),
    )


ADDRESSES = {"vm1_address": "10.0.0.7", "vm2_address": "10.0.0.8"}


def test_ports_are_known_by_their_servers_addresses() -> None:
    text = ports(
        ("a", "10.0.0.7", "ACTIVE"),
        ("b", "10.0.0.8", "ACTIVE"),
        ("c", "10.0.0.2", "DOWN"),
        ("d", "", "DOWN"),
    )
    assert expectations.ports_of(ZONES)(text, ADDRESSES) == {
        "vm1-port_id": "a",
        "vm2-port_id": "b",
        "port-10.0.0.2_id": "c",
        "port-none_id": "d",
    }


def test_each_server_has_an_active_port() -> None:
    check = expectations.ports_of(ZONES)
    one = ("a", "10.0.0.7", "ACTIVE")
    with pytest.raises(Unexpected, match="vm2 have no port in net1"):
        check(ports(one), ADDRESSES)
    with pytest.raises(Unexpected, match="the port of vm2 is DOWN"):
        check(ports(one, ("b", "10.0.0.8", "DOWN")), ADDRESSES)


def test_a_text_says_what_is_wanted_with_the_facts_in_it() -> None:
    check = expectations.says("/dev/", "${vol1_id}")
    assert check("/dev/sdb: is now volume-v1", {"vol1_id": "v1"}) == {}
    with pytest.raises(Unexpected, match="does not say 'v2'"):
        check("/dev/sdb: is now volume-v1", {"vol1_id": "v2"})


@pytest.mark.parametrize("loss", ["100%", "33%", "10%", "0.5%", "+1 errors, 100%"])
def test_a_ping_that_lost_packets_is_no_answer(loss: str) -> None:
    text = f"3 packets transmitted, 0 received, {loss} packet loss, time 2ms"
    with pytest.raises(Unexpected, match="vm2 does not answer vm1"):
        expectations.answers("vm1", "vm2")(text, {})


def test_a_ping_that_lost_nothing_is_an_answer() -> None:
    text = "3 packets transmitted, 3 received, 0% packet loss, time 2ms"
    assert expectations.answers("vm1", "vm2")(text, {}) == {}


def test_silence_is_no_answer() -> None:
    with pytest.raises(Unexpected, match="it said nothing"):
        expectations.answers("vm1", "vm2")("", {})


def test_an_empty_token_is_none() -> None:
    assert expectations.a_token("t\n", {}) == {"TOKEN": "t"}
    with pytest.raises(Unexpected, match="no token"):
        expectations.a_token("\n", {})


def test_all_checks_of_a_command_hold_and_add_facts() -> None:
    text = showing({"id": "n-1", "name": "net1", "project_id": "p"})
    keep = expectations.shows("net1", keeps={"project_id": "project"})
    check = expectations.every(expectations.made("net1"), keep)
    assert check(text, {}) == {"net1_id": "n-1", "project": "p"}
