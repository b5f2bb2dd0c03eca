# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
from typing import Any

import pytest

from tests.unit.tricircle.regions.nova import Nova
from tests.unit.tricircle.regions.wire import Answer, Request, Wire, versions
from tricircle.regions.errors import (
    Broken,
    RegionNotFound,
    RegionsError,
    ServiceMissing,
    Unreachable,
    ZoneUnknown,
)
from tricircle.regions.probe import Prober, Report, physical_networks

AGENT = {"configurations": {"bridge-mappings": "dcivlan:br-dci,external:br-ex"}}


def neutron(request: Request) -> Answer:
    path = request.path.removeprefix("/v2.0").strip("/")
    extensions = [{"alias": alias} for alias in ("router", "agent")]
    answers: dict[str, Any] = {
        "": versions("http://neutron/v2.0", "v2.0"),
        "extensions": {"extensions": extensions},
        "agents": {"agents": [AGENT]},
    }
    return Answer(200, answers[path])


def cinder(request: Request) -> Answer:
    if request.path.endswith("/os-availability-zone"):
        return Answer(200, {"availabilityZoneInfo": [{"zoneName": "cinder-az"}]})
    return Answer(200, versions("http://cinder/v3", "v3.0", "3.0", "3.71"))


def placement(request: Request) -> Answer:
    path = request.path.strip("/")
    if path:
        assert request.headers["OpenStack-API-Version"] == "placement 1.6"
    answers: dict[str, Any] = {
        "": versions("http://placement", "v1.0", "1.0", "1.39"),
        "traits": {"traits": ["CUSTOM_B", "CUSTOM_A"]},
        "resource_classes": {"resource_classes": [{"name": "VCPU"}]},
    }
    return Answer(200, answers[path])


@pytest.fixture
def nova() -> Nova:
    made = Nova()
    made.zones = ["nova"]
    return made


@pytest.fixture
def wire(nova: Nova) -> Wire:
    return Wire(
        hosts={
            "nova": nova,
            "neutron": neutron,
            "cinder": cinder,
            "placement": placement,
        },
        catalogue={
            "Pod1": {
                "compute": "http://nova/v2.1",
                "network": "http://neutron",
                "block-storage": "http://cinder/v3",
                "placement": "http://placement",
            }
        },
        regions={"Pod1"},
    )


def probe(wire: Wire, region: str = "Pod1", zone: str = "") -> dict[str, Any]:
    return Prober(wire.open()).probe(region, pod_az_name=zone)


def test_what_each_service_can_is_found(wire: Wire) -> None:
    assert probe(wire) == {
        "compute": {
            "url": "http://nova/v2.1",
            "version": "2.1",
            "min_microversion": "2.1",
            "max_microversion": "2.104",
            "availability_zones": ["nova"],
        },
        "network": {
            "url": "http://neutron/v2.0",
            "version": "2.0",
            "extensions": ["agent", "router"],
            "physical_networks": ["dcivlan", "external"],
        },
        "block-storage": {
            "url": "http://cinder/v3",
            "version": "3.0",
            "min_microversion": "3.0",
            "max_microversion": "3.71",
            "availability_zones": ["cinder-az"],
        },
        "placement": {
            "url": "http://placement",
            "version": "1.0",
            "min_microversion": "1.0",
            "max_microversion": "1.39",
            "traits": ["CUSTOM_A", "CUSTOM_B"],
            "resource_classes": ["VCPU"],
        },
    }


def test_nothing_is_changed(wire: Wire) -> None:
    probe(wire)
    calls = [call for call in wire.asked if "/auth/tokens" not in call]
    assert {call.split()[0] for call in calls} == {"GET"}


def test_a_region_that_keystone_does_not_know(wire: Wire) -> None:
    with pytest.raises(RegionNotFound, match="no region Mars"):
        probe(wire, "Mars")


@pytest.mark.parametrize("name", ["a/b", "..", "a?b", "ä"])
def test_the_name_of_a_region_is_a_name(wire: Wire, name: str) -> None:
    with pytest.raises(RegionNotFound):
        probe(wire, name)


def test_a_zone_of_the_pod_is_checked(wire: Wire) -> None:
    assert probe(wire, zone="nova")
    with pytest.raises(ZoneUnknown, match="no availability zone az7; it has nova"):
        probe(wire, zone="az7")


def test_a_pod_without_hosts_has_no_zones_yet(wire: Wire, nova: Nova) -> None:
    nova.zones = []
    assert probe(wire, zone="az7")


def test_what_is_not_needed_may_be_missing(wire: Wire) -> None:
    for type_ in ("block-storage", "placement"):
        del wire.catalogue["Pod1"][type_]
    assert set(probe(wire)) == {"compute", "network"}


@pytest.mark.parametrize("type_", ["compute", "network"])
def test_what_is_needed_may_not(wire: Wire, type_: str) -> None:
    del wire.catalogue["Pod1"][type_]
    with pytest.raises(ServiceMissing, match=type_):
        probe(wire)


@pytest.mark.parametrize("host", ["nova", "neutron", "cinder", "placement"])
def test_what_is_in_the_catalogue_must_answer(wire: Wire, host: str) -> None:
    del wire.hosts[host]
    with pytest.raises(Unreachable):
        probe(wire)


def test_what_changed_is_seen(wire: Wire, nova: Nova) -> None:
    prober = Prober(wire.open())
    prober.probe("Pod1")
    nova.url = "http://nova/v2.1/"
    nova.zones = ["nova", "new"]
    wire.catalogue["Pod1"].pop("placement")
    found = prober.probe("Pod1")
    assert found["compute"]["availability_zones"] == ["new", "nova"]
    assert "placement" not in found


def test_a_look_finds_what_a_probe_finds(wire: Wire) -> None:
    report = Prober(wire.open()).look("Pod1")
    assert report == Report(probe(wire), {})


@pytest.mark.parametrize(
    ("host", "type_"),
    [
        ("nova", "compute"),
        ("neutron", "network"),
        ("cinder", "block-storage"),
        ("placement", "placement"),
    ],
)
def test_a_look_tells_which_service_fails(wire: Wire, host: str, type_: str) -> None:
    del wire.hosts[host]
    report = Prober(wire.open()).look("Pod1")
    assert set(report.failures) == {type_}
    assert isinstance(report.failures[type_], Unreachable)
    services = {"compute", "network", "block-storage", "placement"}
    assert set(report.capabilities) == services - {type_}


@pytest.mark.parametrize(
    ("host", "type_"), [("nova", "compute"), ("cinder", "block-storage")]
)
def test_a_service_that_does_not_tell_its_microversions_fails(
    wire: Wire, host: str, type_: str
) -> None:
    """Else users would be offered more than the region speaks."""
    serve = wire.hosts[host]

    def undocumented(request: Request) -> Answer:
        return serve(request) if "zone" in request.path else Answer(503, {})

    wire.hosts[host] = undocumented
    with pytest.raises(Broken, match=f"{type_} in Pod1 has no version document"):
        probe(wire)
    report = Prober(wire.open()).look("Pod1")
    assert set(report.failures) == {type_}


def test_a_look_misses_only_what_is_needed(wire: Wire) -> None:
    for type_ in ("network", "placement"):
        del wire.catalogue["Pod1"][type_]
    report = Prober(wire.open()).look("Pod1")
    assert isinstance(report.failures["network"], ServiceMissing)
    assert set(report.failures) == {"network"}
    assert set(report.capabilities) == {"compute", "block-storage"}


def test_a_look_without_keystone_learns_nothing(wire: Wire) -> None:
    prober = Prober(wire.open())
    wire.is_up = False
    with pytest.raises(RegionsError):
        prober.look("Pod1")
    wire.is_up = True
    prober.look("Pod1")
    wire.is_up = False  # the token is still good
    with pytest.raises(RegionsError):
        prober.look("Pod1")


def test_looks_share_a_token_and_see_what_changed(wire: Wire, nova: Nova) -> None:
    prober = Prober(wire.open())
    before = prober.look("Pod1").capabilities["compute"]["max_microversion"]
    nova.newest = "2.110"
    after = prober.look("Pod1").capabilities["compute"]["max_microversion"]
    assert (before, after) == ("2.104", "2.110")
    assert wire.tokens == 1


@pytest.mark.parametrize(
    ("configurations", "names"),
    [
        ({"bridge-mappings": ""}, []),
        ({"bridge-mappings": "a:br-a, b:br-b"}, ["a", "b"]),
        ({"bridge_mappings": {"a": "br-a"}}, ["a"]),
        ({"device_mappings": {"a": ["eth0"]}}, ["a"]),
        ({}, []),
        (None, []),
    ],
)
def test_physical_networks(configurations: object, names: list[str]) -> None:
    assert list(physical_networks({"configurations": configurations})) == names
