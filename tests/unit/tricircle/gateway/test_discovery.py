# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Regions of different releases: what is offered, and what beyond it is refused."""

from dataclasses import replace
from typing import Any

import pytest

from tests.unit.tricircle.gateway.cloud import PROJECT, Cloud, cloud
from tests.unit.tricircle.gateway.pod import run
from tricircle.gateway.ports import Pod
from tricircle.gateway.services.compute import COMPUTE
from tricircle.gateway.services.volume import VOLUME
from tricircle.gateway.spec import Service

ADDRESS = "http://cloud:19998"

#: As stock services say it, at another address and with another range.
NOVA_ADDRESS = (
    '{"versions": [{"id": "v2.0", "status": "DEPRECATED", "version": "", '
    '"min_version": "", "updated": "2025-07-04T12:00:00Z", "links": [{"rel": "self", '
    '"href": "http://cloud:19998/v2/"}]}, {"id": "v2.1", "status": "CURRENT", '
    '"version": "2.100", "min_version": "2.1", "updated": "2013-07-23T11:33:21Z", '
    '"links": [{"rel": "self", "href": "http://cloud:19998/v2.1/"}]}]}'
)
NOVA_VERSION = (
    '{"version": {"id": "v2.1", "status": "CURRENT", "version": "2.100", '
    '"min_version": "2.1", "updated": "2013-07-23T11:33:21Z", "links": [{"rel": '
    '"self", "href": "http://cloud:19998/v2.1/"}, {"rel": "describedby", "type": '
    '"text/html", "href": "http://docs.openstack.org/"}], "media-types": [{"base": '
    '"application/json", "type": '
    '"application/vnd.openstack.compute+json;version=2.1"}]}}'
)
NOVA_LEGACY = (
    '{"version": {"id": "v2.0", "status": "DEPRECATED", "version": "", '
    '"min_version": "", "updated": "2025-07-04T12:00:00Z", "links": [{"rel": "self", '
    '"href": "http://cloud:19998/v2/"}, {"rel": "describedby", "type": "text/html", '
    '"href": "http://docs.openstack.org/"}], "media-types": [{"base": '
    '"application/json", "type": "application/vnd.openstack.compute+json;version=2"}]}}'
)
CINDER = (
    '{"versions": [{"id": "v3.0", "status": "CURRENT", "version": "3.71", '
    '"min_version": "3.0", "updated": "2023-08-31T00:00:00Z", "links": [{"rel": '
    '"describedby", "type": "text/html", "href": "https://docs.openstack.org/"}, '
    '{"rel": "self", "href": "http://cloud:19998/v3/"}], "media-types": [{"base": '
    '"application/json", "type": "application/vnd.openstack.volume+json;version=3"}]}]}'
)
NOVA_406 = (
    '{"computeFault": {"code": 406, "message": "Version 2.104 is not supported by the '
    'API. Minimum is 2.1 and maximum is 2.100."}}'
)
CINDER_406 = (
    '{"computeFault": {"code": 406, "message": "Version 3.72 is not supported by the '
    'API. Minimum is 3.0 and maximum is 3.71."}}'
)


@pytest.mark.parametrize(
    ("service", "path", "status", "said"),
    [
        (COMPUTE, "/", 200, NOVA_ADDRESS),
        (COMPUTE, "/v2.1", 200, NOVA_VERSION),
        (COMPUTE, "/v2.1/", 200, NOVA_VERSION),
        (COMPUTE, "/v2/", 200, NOVA_LEGACY),
        (VOLUME, "/", 300, CINDER),
        (VOLUME, "/v3/", 200, CINDER),
    ],
)
def test_version_documents_are_the_services_own_with_our_links_and_range(
    service: Service, path: str, status: int, said: str
) -> None:
    async def main() -> None:
        async with cloud(service) as users:
            reply = await users("GET", path, token="")
            assert (reply.status, reply.body.decode()) == (status, said)

    run(main())


def test_a_version_document_is_in_a_version_too() -> None:
    async def main() -> None:
        async with cloud() as nova:
            for asked, told in (("2.5", "2.5"), ("latest", "2.100"), ("", "2.1")):
                headers = {"openstack-api-version": f"compute {asked}"}
                reply = await nova("GET", "/v2.1/", token="", headers=headers)
                assert reply.status == 200
                assert reply.headers["openstack-api-version"] == f"compute {told}"
                assert reply.headers["x-openstack-nova-api-version"] == told
            beyond = {"openstack-api-version": "compute 2.104"}
            reply = await nova("GET", "/v2.1/", token="", headers=beyond)
            assert (reply.status, reply.body.decode()) == (406, NOVA_406)
            reply = await nova("GET", "/", token="", headers=beyond)
            assert (reply.status, reply.body.decode()) == (200, NOVA_ADDRESS)
            assert "openstack-api-version" not in reply.headers
        async with cloud(VOLUME) as cinder:
            reply = await cinder("GET", "/", token="")
            assert reply.headers["openstack-api-version"] == "volume 3.0"
            beyond = {"openstack-api-version": "volume 3.72"}
            reply = await cinder("GET", "/", token="", headers=beyond)
            assert (reply.status, reply.body.decode()) == (406, CINDER_406)

    run(main())


@pytest.mark.parametrize(
    "headers",
    [
        {"openstack-api-version": "compute 2.104"},
        {"x-openstack-nova-api-version": "2.104"},
    ],
)
def test_beyond_what_all_speak_there_is_novas_own_406(headers: dict[str, str]) -> None:
    async def main() -> None:
        async with cloud() as nova:
            reply = await nova("GET", "/v2.1/servers", headers=headers)
            assert (reply.status, reply.body.decode()) == (406, NOVA_406)
            del reply.headers["x-openstack-request-id"]
            assert reply.headers == {
                "content-type": "application/json; charset=UTF-8",
                "content-length": str(len(NOVA_406)),
                "openstack-api-version": "compute 2.104",
                "x-openstack-nova-api-version": "2.104",
                "vary": "X-OpenStack-Nova-API-Version",
            }
            assert nova.pod1.asked == nova.pod2.asked == []

    run(main())


def test_beyond_what_all_speak_there_is_cinders_own_406() -> None:
    async def main() -> None:
        async with cloud(VOLUME) as cinder:
            headers = {"openstack-api-version": "volume 3.72"}
            path = f"/v3/{PROJECT}/volumes"
            reply = await cinder("GET", path, headers=headers)
            assert (reply.status, reply.body.decode()) == (406, CINDER_406)
            del reply.headers["x-openstack-request-id"]
            assert reply.headers == {
                "content-type": "application/json",
                "content-length": str(len(CINDER_406)),
                "openstack-api-version": "volume 3.72",
                "vary": "OpenStack-API-Version",
            }

    run(main())


@pytest.mark.parametrize("asked", ["2.60", None])
def test_errors_and_answers_of_ours_tell_their_version(asked: str | None) -> None:
    async def main() -> None:
        async with cloud() as nova:
            headers = (
                {} if asked is None else {"openstack-api-version": f"compute {asked}"}
            )
            told = f"compute {asked or '2.1'}"
            for path in ("/v2.1/servers?limit=x", "/v2.1/versions/v2.1"):
                reply = await nova("GET", path, headers=headers)
                assert reply.headers["openstack-api-version"] == told
            reply = await nova("GET", "/v2.1/nothing", headers=headers)
            assert reply.status == 404
            assert "openstack-api-version" not in reply.headers
            reply = await nova("GET", "/v2.1/servers", headers=headers, token="")
            assert reply.status == 401
            assert "openstack-api-version" not in reply.headers

    run(main())


ASKED: list[tuple[dict[str, str], int, str | None]] = [
    ({"openstack-api-version": "compute 0.5"}, 400, None),
    ({"openstack-api-version": "compute 2.60,compute 2.53"}, 200, "2.53"),
    ({"openstack-api-version": "compute 2.53, volume 3.9"}, 200, "2.53"),
    ({"openstack-api-version": "compute"}, 200, None),
    ({"openstack-api-version": "2.53"}, 200, None),
    ({"x-openstack-nova-api-version": "2.60, 2.53"}, 200, "2.53"),
    (
        {
            "x-openstack-nova-api-version": "2.60",
            "openstack-api-version": "compute 2.53",
        },
        200,
        "2.53",
    ),
    (
        {"x-openstack-nova-api-version": "2.60", "openstack-api-version": "volume 3.9"},
        200,
        "2.60",
    ),
]


@pytest.mark.parametrize(("headers", "status", "sent"), ASKED)
def test_a_version_is_read_as_nova_reads_it(
    headers: dict[str, str], status: int, sent: str | None
) -> None:
    async def main() -> None:
        async with cloud() as nova:
            server = "/v2.1/servers/11111111-1111-1111-1111-111111111111"
            nova.pod2.answers[f"GET {server}"] = {"server": {}}
            reply = await nova("GET", server, headers=headers)
            assert reply.status == status
            for request in nova.pod2.requests:
                told = f"openstack-api-version: compute {sent}\r\n".encode()
                assert (told in request) is (sent is not None)

    run(main())


async def _highest(nova: Cloud) -> str:
    reply = await nova("GET", "/", token="")
    return str(reply.json["versions"][-1]["version"])


def _change(nova: Cloud, *pods: Pod) -> None:
    """What is read from the database when the pods have changed."""
    nova.placement.regions(nova.placement.central, pods)


def test_the_offer_follows_pods_that_join_leave_change_and_fail() -> None:
    async def main() -> None:
        async with cloud() as nova:
            old, new = nova.placement.pods
            latest: dict[str, Any] = {"openstack-api-version": "compute latest"}
            assert await _highest(nova) == "2.100"
            _change(nova, new)
            assert await _highest(nova) == "2.104"
            _change(nova, new, replace(old, active=False))
            assert await _highest(nova) == "2.100"
            older = replace(old, versions={"compute": ((2, 1), (2, 96))})
            _change(nova, older, new)
            assert await _highest(nova) == "2.96"
            # A pod without this service says nothing of it.
            _change(nova, replace(old, versions={}, endpoints={}), new)
            assert await _highest(nova) == "2.104"
            # A pod that does not answer counts as it was last known.
            _change(nova, older, new)
            nova.pod1.silent = True
            nova.pod2.answers["GET /v2.1/servers/detail"] = {"servers": []}
            await nova("GET", "/v2.1/servers/detail", headers=latest)
            assert await _highest(nova) == "2.96"
            assert b"openstack-api-version: compute 2.96\r\n" in nova.pod2.requests[-1]

    run(main())


def test_the_central_region_alone_offers_what_it_speaks() -> None:
    async def main() -> None:
        async with cloud() as nova:
            central = nova.placement.central
            nova.placement.regions(replace(central, versions={}), [])
            assert await _highest(nova) == ""
            nova.placement.regions(central, [])
            assert await _highest(nova) == "2.104"

    run(main())


def test_pods_of_two_releases_make_one_list_in_what_both_speak() -> None:
    async def main() -> None:
        async with cloud() as nova:
            for number, region in enumerate((nova.pod1, nova.pod2), start=1):
                server = {"id": f"S{number}", "created_at": "2026-01-01T00:00:00Z"}
                region.answers["GET /v2.1/servers/detail"] = {"servers": [server]}
            headers = {"openstack-api-version": "compute latest"}
            reply = await nova("GET", "/v2.1/servers/detail", headers=headers)
            servers = reply.json["servers"]
            assert {server["id"] for server in servers} == {"S1", "S2"}
            for region in (nova.pod1, nova.pod2):
                told = b"openstack-api-version: compute 2.100\r\n"
                assert all(told in request for request in region.requests)

    run(main())
