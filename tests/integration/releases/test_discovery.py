# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""What is offered over pods of different releases, and how clients find it."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from openstack.utils import maximum_supported_microversion

from lab.topology import Pod, Port, Region
from tests.integration.bench import PATHS, TOPOLOGY
from tests.integration.cloud import Cloud, register
from tests.integration.releases.leaving import leave
from tests.integration.waiting import wait_for

OPENSTACK = Path(sys.executable).with_name("openstack")
NEW = TOPOLOGY.pods[0]
NOBODY = "00000000-0000-4000-8000-000000000000"
_CONNECTIONS_OWN = {
    "connection",
    "content-length",
    "date",
    "server",
    "x-compute-request-id",
    "x-openstack-request-id",
}


@dataclass(frozen=True)
class Api:
    """A service with microversions; its document at this path needs no token."""

    type: str
    header: str
    port: Port
    document: str
    root: str

    def of(self, region: Region) -> str:
        """Where a region has it, without the gateway."""
        return region.url(self.port)

    def ours(self, cloud: Cloud) -> str:
        """Where users find it."""
        url = cloud.user.session.get_endpoint(
            service_type=self.type,
            interface="public",
            region_name=TOPOLOGY.central.name,
        )
        return str(url).partition(self.root)[0]


NOVA = Api("compute", "compute", Port.NOVA, "/v2.1/", "/v2.1")
CINDER = Api("block-storage", "volume", Port.CINDER, "/", "/v3")
APIS = [NOVA, CINDER]
Range = tuple[str, str]


def call(cloud: Cloud, url: str, version: str = "", **options: Any) -> Any:
    """An answer to the user, whatever its status."""
    headers = {"OpenStack-API-Version": version} if version else {}
    return cloud.user.session.request(
        url,
        options.pop("method", "GET"),
        headers=headers,
        raise_exc=False,
        endpoint_filter=None,
        **options,
    )


def document(cloud: Cloud, api: Api, address: str) -> dict[str, Any]:
    """What clients read first."""
    shown = call(cloud, address + api.document, authenticated=False).json()
    entry = shown["version"] if "version" in shown else shown["versions"][0]
    assert isinstance(entry, dict)
    return entry


def span(entry: dict[str, Any]) -> Range:
    return entry["min_version"], entry["version"]


def number(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))


def of_all(cloud: Cloud, api: Api, *regions: Region) -> Range:
    """What all these regions speak."""
    spans = [span(document(cloud, api, api.of(region))) for region in regions]
    lowest = max((low for low, _ in spans), key=number)
    return lowest, min((high for _, high in spans), key=number)


@pytest.mark.parametrize("api", APIS, ids=lambda api: api.type)
def test_the_document_is_a_new_pods_with_the_range_of_all(
    api: Api, whole_cloud: Cloud
) -> None:
    theirs = document(whole_cloud, api, api.of(NEW))
    low, high = of_all(whole_cloud, api, *TOPOLOGY.regions)
    ours = api.ours(whole_cloud)
    wanted = json.loads(json.dumps(theirs).replace(api.of(NEW), ours))
    wanted |= {"min_version": low, "version": high}
    assert document(whole_cloud, api, ours) == wanted


def test_the_old_pod_speaks_less_than_the_new_ones(
    whole_cloud: Cloud, old: Pod
) -> None:
    """Else nothing here would tell anything."""
    _, older = of_all(whole_cloud, NOVA, old)
    _, newer = of_all(whole_cloud, NOVA, NEW)
    assert number(older) < number(newer)
    assert span(document(whole_cloud, NOVA, NOVA.ours(whole_cloud)))[1] == older


CALLS = [
    ("GET", "/servers", None),
    ("GET", "/servers/detail?limit=1", None),
    ("GET", f"/servers/{NOBODY}", None),
    ("GET", "/flavors", None),
    ("POST", "/servers", {"server": {"name": "refused"}}),
    ("POST", f"/servers/{NOBODY}/action", {"reboot": {"type": "SOFT"}}),
    ("DELETE", f"/servers/{NOBODY}", None),
    ("GET", "/os-hypervisors", None),
    ("GET", "/", None),
]


@pytest.mark.parametrize(("method", "path", "body"), CALLS)
@pytest.mark.parametrize("asked", ["newest", "2.999", "2.0", "3.1", "2.x", "0.1"])
def test_beyond_it_there_is_novas_own_error_to_the_byte(
    asked: str, method: str, path: str, body: Any, whole_cloud: Cloud, old: Pod
) -> None:
    if asked == "newest":
        _, asked = of_all(whole_cloud, NOVA, NEW)
    _assert_same(NOVA, f"{NOVA.root}{path}", asked, whole_cloud, old, method, body)


@pytest.mark.parametrize("path", ["/volumes/detail", "/types", f"/volumes/{NOBODY}"])
@pytest.mark.parametrize("asked", ["3.999", "4.0", "3.x", "0.1"])
def test_beyond_it_there_is_cinders_own_error_to_the_byte(
    asked: str, path: str, whole_cloud: Cloud, old: Pod
) -> None:
    path = f"{CINDER.root}/{whole_cloud.project_id}{path}"
    _assert_same(CINDER, path, asked, whole_cloud, old, "GET", None)


def _assert_same(
    api: Api, path: str, asked: str, cloud: Cloud, old: Pod, method: str, body: Any
) -> None:
    """The old pod's range is what is offered: it says the same."""
    options = {"method": method} | ({} if body is None else {"json": body})
    version = f"{api.header} {asked}"
    theirs, ours = (
        call(cloud, address + path, version, **options)
        for address in (api.of(old), api.ours(cloud))
    )
    assert theirs.status_code in {400, 406}
    assert (ours.status_code, ours.content) == (theirs.status_code, theirs.content)
    assert _told(ours) == _told(theirs)


def _told(answer: Any) -> dict[str, list[str]]:
    """The headers, but those of the connection and of this one request."""
    return {
        name.lower(): sorted(part.strip() for part in value.split(","))
        for name, value in answer.headers.items()
        if name.lower() not in _CONNECTIONS_OWN
    }


def test_the_sdk_takes_the_newest_that_all_speak(whole_cloud: Cloud) -> None:
    for api, proxy in (
        (NOVA, whole_cloud.user.compute),
        (CINDER, whole_cloud.user.block_storage),
    ):
        low, high = of_all(whole_cloud, api, *TOPOLOGY.regions)
        found = proxy.get_endpoint_data()
        assert (found.min_microversion, found.max_microversion) == (
            number(low),
            number(high),
        )
        major = number(high)[0]
        assert maximum_supported_microversion(proxy, f"{major}.999") == high
        path = "/servers" if api is NOVA else "/volumes"
        assert proxy.get(path, microversion=high).status_code == 200
        beyond = f"{major}.{number(high)[1] + 1}"
        assert proxy.get(path, microversion=beyond).status_code == 406


def openstack(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [OPENSTACK, "--os-cloud", "demo", *words],
        env={**os.environ, "OS_CLIENT_CONFIG_FILE": str(PATHS.clouds)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_openstackclient_shows_and_uses_what_all_speak(whole_cloud: Cloud) -> None:
    low, high = of_all(whole_cloud, NOVA, *TOPOLOGY.regions)
    _, newer = of_all(whole_cloud, NOVA, NEW)
    shown = openstack("versions", "show", "--service", "compute", "-f", "json")
    assert shown.returncode == 0, shown.stderr
    found = [
        (row["Min Microversion"], row["Max Microversion"])
        for row in json.loads(shown.stdout)
        if row["Status"] == "CURRENT"
    ]
    assert found == [(low, high)]
    done = openstack("--os-compute-api-version", high, "server", "list")
    assert done.returncode == 0, done.stderr
    refused = openstack("--os-compute-api-version", newer, "server", "list")
    assert refused.returncode != 0
    assert high in refused.stderr or "406" in refused.stderr


def test_the_range_widens_when_the_old_pod_leaves_and_narrows_again(
    whole_cloud: Cloud, old: Pod
) -> None:
    ours = NOVA.ours(whole_cloud)
    narrow = of_all(whole_cloud, NOVA, *TOPOLOGY.regions)
    wide = of_all(
        whole_cloud, NOVA, *(region for region in TOPOLOGY.regions if region != old)
    )

    def offered(wanted: Range) -> bool:
        return span(document(whole_cloud, NOVA, ours)) == wanted

    leave(whole_cloud.operators, old)
    wait_for(lambda: offered(wide), f"{wide} to be offered")
    url, newest = f"{ours}{NOVA.root}/servers", f"compute {wide[1]}"
    assert call(whole_cloud, url, newest).status_code == 200
    register(whole_cloud.operators)
    wait_for(lambda: offered(narrow), f"{narrow} to be offered")
    assert call(whole_cloud, url, newest).status_code == 406
