# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""The whole gateway, from an HTTP request to its answer, over fake regions."""

import asyncio
import re
from typing import Any

import pytest

from tests.unit.tricircle.gateway.cloud import PROJECT, cloud, token
from tests.unit.tricircle.gateway.pod import run

S1 = "11111111-1111-1111-1111-111111111111"


@pytest.mark.parametrize("path", ["/", "", "/v2.1", "/v2.1/"])
def test_version_documents_need_no_token_and_lead_to_us(path: str) -> None:
    async def main() -> None:
        async with cloud() as nova:
            reply = await nova("GET", path, token="")
            entry = reply.json.get("version") or reply.json["versions"][1]
            assert reply.status == 200
            assert (entry["id"], entry["min_version"]) == ("v2.1", "2.1")
            assert entry["version"] == "2.100"  # what every region speaks
            assert entry["links"][0]["href"] == "http://cloud:19998/v2.1/"
            assert nova.pod1.asked == nova.keystone.asked == []

    run(main())


@pytest.mark.parametrize("bad", ["", "unknown", "\xe9", "a b"])
def test_without_a_good_token_there_is_only_401(bad: str) -> None:
    async def main() -> None:
        async with cloud() as nova:
            nova.keystone.answers["GET /v3/auth/tokens"] = (404, {})
            for path in ("/v2.1/servers", "/v2.1/nothing", "/elsewhere"):
                reply = await nova("GET", path, token=bad)
                assert reply.status == 401
                assert reply.json["error"]["code"] == 401
                assert reply.headers["www-authenticate"].startswith("Keystone uri=")
            assert nova.pod1.asked == []

    run(main())


@pytest.mark.parametrize(
    ("method", "path", "status", "key"),
    [
        ("GET", "/v2.1/00000000000000000000000000000000/servers", 400, "badRequest"),
        ("GET", "/v2.1/servers?limit=x", 400, "badRequest"),
    ],
)
def test_errors_have_novas_shape(method: str, path: str, status: int, key: str) -> None:
    async def main() -> None:
        async with cloud() as nova:
            reply = await nova(method, path)
            assert reply.status == status
            assert reply.json[key]["code"] == status
            assert re.fullmatch(
                "req-[0-9a-f-]{36}", reply.headers["x-openstack-request-id"]
            )

    run(main())


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v2.1/nothing"),
        ("GET", f"/v2.1/{PROJECT}/nothing"),
        ("GET", "/v2.0/servers"),
        ("GET", "/v2.1/servers/"),
        ("DELETE", "/v2.1/servers"),
    ],
)
def test_what_no_service_has_is_said_as_it_is_around_all_services(
    method: str, path: str
) -> None:
    """WebOb answers before Nova does: with JSON to who asks for it, else a page."""

    async def main() -> None:
        async with cloud() as nova:
            reply = await nova(method, path, headers={"accept": "application/json"})
            assert reply.status == 404
            assert reply.json == {
                "message": "The resource could not be found.",
                "code": "404 Not Found",
                "title": "Not Found",
            }
            reply = await nova(method, path)
            assert reply.status == 404
            assert reply.headers["content-type"] == "text/html; charset=UTF-8"

    run(main())


def test_the_version_before_microversions_is_served_as_the_lowest_of_them() -> None:
    async def main() -> None:
        async with cloud() as nova:
            listed = (await nova("GET", "/")).json["versions"][0]
            shown = (await nova("GET", "/v2/")).json["version"]
            assert listed.items() <= {**shown, "links": listed["links"]}.items()
            assert shown["id"] == "v2.0"
            assert shown["links"][0]["href"] == "http://cloud:19998/v2/"
            nova.placement.learn("server", S1, nova.placement.pods[0], PROJECT)
            nova.pod1.answers[f"GET /v2.1/servers/{S1}"] = {"server": {"id": S1}}
            headers = {"openstack-api-version": "compute 2.90"}
            for prefix in ("/v2", f"/v2/{PROJECT}"):
                reply = await nova("GET", f"{prefix}/servers/{S1}", headers=headers)
                assert reply.json == {"server": {"id": S1}}
            assert not any(b"2.90" in request for request in nova.pod1.requests)

    run(main())


@pytest.mark.parametrize("prefix", ["/v2.1", f"/v2.1/{PROJECT}"])
def test_a_server_is_shown_with_or_without_the_project_in_the_path(prefix: str) -> None:
    async def main() -> None:
        async with cloud() as nova:
            nova.pod2.answers[f"GET /v2.1/servers/{S1}"] = {"server": {"id": S1}}
            reply = await nova("GET", f"{prefix}/servers/{S1}")
            assert (reply.status, reply.json) == (200, {"server": {"id": S1}})
            await nova("GET", f"{prefix}/servers/{S1}/metadata")
            assert nova.pod1.asked == [f"GET /v2.1/servers/{S1}"]

    run(main())


VERSIONS = [
    ({"openstack-api-version": "compute 2.90"}, 200, "compute 2.90"),
    ({"x-openstack-nova-api-version": "2.90"}, 200, "compute 2.90"),
    ({"openstack-api-version": "volume 3.1, compute 2.90"}, 200, "compute 2.90"),
    ({"openstack-api-version": "compute latest"}, 200, "compute 2.100"),
    ({"openstack-api-version": "volume 3.9"}, 200, None),
    ({"openstack-api-version": "compute 2.104"}, 406, None),
    ({"openstack-api-version": "compute 3.0"}, 406, None),
    ({"openstack-api-version": "compute 2.07"}, 400, None),
    ({"openstack-api-version": "compute new"}, 400, None),
]


@pytest.mark.parametrize(("headers", "status", "sent"), VERSIONS)
def test_microversions_are_those_of_all_pods(
    headers: dict[str, str], status: int, sent: str | None
) -> None:
    async def main() -> None:
        async with cloud() as nova:
            nova.pod2.answers[f"GET /v2.1/servers/{S1}"] = {"server": {"id": S1}}
            reply = await nova("GET", f"/v2.1/servers/{S1}", headers=headers)
            assert reply.status == status
            if status == 406:
                assert "2.1" in reply.json["computeFault"]["message"]
                assert "2.100" in reply.json["computeFault"]["message"]
            if sent:
                line = f"openstack-api-version: {sent}\r\n".encode()
                assert line in nova.pod2.requests[0]

    run(main())


def test_a_token_is_checked_once_and_a_pods_401_makes_us_look_again() -> None:
    async def main() -> None:
        async with cloud() as nova:
            nova.placement.learn("server", S1, nova.placement.pods[0], PROJECT)
            show = f"GET /v2.1/servers/{S1}"
            nova.pod1.answers[show] = {"server": {"id": S1}}
            async with asyncio.TaskGroup() as group:
                for _ in range(20):
                    group.create_task(nova("GET", f"/v2.1/servers/{S1}"))
            assert nova.keystone.asked == ["GET /v3/auth/tokens"]
            nova.pod1.answers[show] = (401, {"error": {"code": 401}})
            assert (await nova("GET", f"/v2.1/servers/{S1}")).status == 401
            nova.keystone.answers["GET /v3/auth/tokens"] = (404, {})
            asked = len(nova.pod1.asked)
            assert (await nova("GET", f"/v2.1/servers/{S1}")).status == 401
            assert len(nova.pod1.asked) == asked

    run(main())


def test_an_expired_token_is_not_good_however_fresh_our_knowledge_is() -> None:
    async def main() -> None:
        now = 1_000_000_000.0
        async with cloud(clock=lambda: now, ttl=1e6) as nova:
            told = token(expires_at="2001-09-09T01:47:40.000000Z")  # a minute later
            nova.keystone.answers["GET /v3/auth/tokens"] = told
            nova.placement.learn("server", S1, nova.placement.pods[0], PROJECT)
            assert (await nova("GET", f"/v2.1/servers/{S1}")).status == 404
            now += 61
            assert (await nova("GET", f"/v2.1/servers/{S1}")).status == 401

    run(main())


RULES = [
    ({"service": "compute", "method": "GET", "path": "/v2.1/servers"}, 200),
    ({"service": "compute", "method": "GET", "path": "/v2.1/**"}, 200),
    ({"service": "compute", "method": "GET", "path": "/v2.1/{anything}"}, 200),
    ({"service": "compute", "method": "GET", "path": "/v2.1/*/x"}, 401),
    ({"service": "compute", "method": "GET", "path": "/v2.1/serversx"}, 401),
    ({"service": "compute", "method": "GET", "path": "/v2.1/server"}, 401),
    ({"service": "compute", "method": "GET", "path": "/v2.1/server."}, 401),
    ({"service": "compute", "method": "POST", "path": "/v2.1/servers"}, 401),
    ({"service": "volume", "method": "GET", "path": "/v2.1/servers"}, 401),
]


@pytest.mark.parametrize(("rule", "status"), RULES)
def test_access_rules_are_about_what_the_user_calls(
    rule: dict[str, str], status: int
) -> None:
    async def main() -> None:
        async with cloud() as nova:
            restricted = {"id": "A", "access_rules": [rule]}
            told = token(application_credential=restricted)
            nova.keystone.answers["GET /v3/auth/tokens"] = told
            for region in (nova.pod1, nova.pod2):
                region.answers["GET /v2.1/servers/detail"] = {"servers": []}
            reply = await nova("GET", "/v2.1/servers")
            assert reply.status == status
            if status == 200:
                # The pods see another path, which a service's token makes them allow.
                assert nova.pod1.asked == ["GET /v2.1/servers/detail?limit=1000"]
                assert b"x-service-token: own\r\n" in nova.pod1.requests[0]
            else:
                assert nova.pod1.asked == []

    run(main())


def test_a_token_without_a_project_is_of_no_use() -> None:
    async def main() -> None:
        async with cloud() as nova:
            nova.keystone.answers["GET /v3/auth/tokens"] = token(project=None)
            assert (await nova("GET", "/v2.1/servers")).status == 403

    run(main())


def test_keystone_down_stops_only_those_whom_we_do_not_know() -> None:
    async def main() -> None:
        async with cloud() as nova:
            nova.placement.learn("server", S1, nova.placement.pods[0], PROJECT)
            await nova("GET", f"/v2.1/servers/{S1}/ips")
            nova.keystone.silent = True
            assert (await nova("GET", f"/v2.1/servers/{S1}/ips")).status == 404
            reply = await nova("GET", f"/v2.1/servers/{S1}/ips", token="new")
            assert reply.status in {503, 504}

    run(main())


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        ([b"{"], {}, 400),
        ([b"[]"], {}, 400),
        ([b'"x"'], {}, 400),
        ([b'{"server": {"a": "' + b"x" * 114_688 + b'"}}'], {}, 413),
        ([b"x" * 60_000] * 3, {"transfer-encoding": "chunked"}, 413),
        ([b'{"server": ', b"1}"], {"transfer-encoding": "chunked"}, 400),
    ],
)
def test_bad_bodies_are_refused_before_any_pod_is_asked(
    body: list[bytes], headers: dict[str, str], status: int
) -> None:
    async def main() -> None:
        async with cloud() as nova:
            reply = await nova("POST", "/v2.1/servers", body=body, headers=headers)
            assert reply.status == status
            assert nova.pod1.asked == nova.pod2.asked == nova.central.asked == []
            assert not nova.placement.pending

    run(main())


def test_a_body_of_unknown_length_that_two_pods_get_is_whole_for_both() -> None:
    async def main() -> None:
        async with cloud() as nova:
            reply = await nova(
                "GET",
                "/v2.1/os-instance_usage_audit_log/2026-11-22",
                body=[b"{", b"}"],
                headers={"transfer-encoding": "chunked"},
            )
            assert reply.status == 404
            for pod in (nova.pod1, nova.pod2):
                assert pod.requests[-1].endswith(b"\r\n\r\n{}")

    run(main())


def server(**more: Any) -> dict[str, Any]:
    return {"server": {"name": "web", "networks": [{"uuid": "N1"}], **more}}


def test_a_server_is_created_where_its_zone_says_and_found_again() -> None:
    async def main() -> None:
        async with cloud() as nova:
            nova.pod2.answers["POST /v2.1/servers"] = (202, {"server": {"id": S1}})
            reply = await nova("POST", "/v2.1/servers", server(availability_zone="az2"))
            assert (reply.status, reply.json) == (202, {"server": {"id": S1}})
            assert nova.realiser.done == ["prepare Pod2-port-0", f"claim {S1}"]
            assert not nova.placement.pending
            await nova("GET", f"/v2.1/servers/{S1}")
            assert nova.pod1.asked == []

    run(main())


@pytest.mark.parametrize(
    ("answer", "status", "pending", "undone"),
    [
        ((400, {}), 400, 0, True),
        ((500, {}), 500, 1, False),
        (b"HTTP/1.1 200 X\r\ncontent-length: 9\r\n\r\n", 504, 1, False),
        (b"nonsense", 504, 1, False),
    ],
)
def test_a_create_that_fails_leaves_nothing_or_a_pending_route(
    answer: Any, status: int, pending: int, undone: bool
) -> None:
    async def main() -> None:
        async with cloud() as nova:
            nova.pod1.answers["POST /v2.1/servers"] = answer
            body = server(availability_zone="az1")
            reply = await nova("POST", "/v2.1/servers", body)
            if answer != (b"HTTP/1.1 200 X\r\ncontent-length: 9\r\n\r\n"):
                assert reply.status == status
            assert len(nova.placement.pending) == pending
            assert ("undo Pod1-port-0" in nova.realiser.done) == undone
            assert nova.pod1.asked == ["POST /v2.1/servers"]

    run(main())


def test_an_unknown_zone_and_a_foreign_port_leave_nothing_behind() -> None:
    async def main() -> None:
        async with cloud() as nova:
            reply = await nova("POST", "/v2.1/servers", server(availability_zone="x"))
            assert reply.status == 400
            reply = await nova(
                "POST", "/v2.1/servers", server(networks=[{"port": "foreign"}])
            )
            assert reply.status == 409
            assert nova.pod1.asked == nova.pod2.asked == nova.realiser.done == []
            assert not nova.placement.pending

    run(main())


def test_a_pod_that_is_silent_costs_a_bounded_wait_and_a_header() -> None:
    async def main() -> None:
        async with cloud() as nova:
            nova.pod1.answers["GET /v2.1/servers/detail"] = {"servers": [{"id": S1}]}
            nova.pod2.silent = True
            async with asyncio.timeout(1.5):
                reply = await nova("GET", "/v2.1/servers/detail")
            assert reply.json["servers"] == [{"id": S1}]
            assert reply.headers["x-tricircle-missing-pods"] == "Pod2"

    run(main())


def test_request_ids_are_passed_on_and_come_back() -> None:
    async def main() -> None:
        async with cloud() as nova:
            nova.placement.learn("server", S1, nova.placement.pods[0], PROJECT)
            given = "req-00000000-0000-0000-0000-000000000001"
            path = f"/v2.1/servers/{S1}"
            for sent in (given, "req-forged\r\nx: y"):
                headers = {"x-openstack-request-id": sent}
                await nova("GET", path, headers=headers)
            first, second = nova.pod1.requests
            assert f"x-openstack-request-id: {given}\r\n".encode() in first
            assert b"forged" not in second

    run(main())


def test_headers_that_are_not_the_users_to_set_do_not_reach_a_pod() -> None:
    async def main() -> None:
        async with cloud() as nova:
            nova.placement.learn("server", S1, nova.placement.pods[0], PROJECT)
            headers = {
                "connection": "close, x-secret",
                "x-secret": "1",
                "x-forwarded-host": "evil",
                "x-service-token": "stolen",
                "te": "trailers",  # codespell:ignore te
                "accept-encoding": "gzip",
                "x-custom": "stays",
            }
            await nova("GET", f"/v2.1/servers/{S1}", headers=headers)
            (request,) = nova.pod1.requests
            assert b"x-custom: stays\r\n" in request
            for name in headers.keys() - {"x-custom"}:
                assert f"\r\n{name}:".encode() not in request

    run(main())


def test_a_large_answer_that_is_no_json_passes_in_pieces() -> None:
    async def main() -> None:
        async with cloud() as nova:
            nova.placement.learn("server", S1, nova.placement.pods[0], PROJECT)
            body = b"x" * 1_000_000
            nova.pod1.answers[f"GET /v2.1/servers/{S1}/dump"] = (
                b"HTTP/1.1 200 X\r\ncontent-type: text/plain\r\n"
                b"content-length: 1000000\r\n\r\n" + body
            )
            reply = await nova("GET", f"/v2.1/servers/{S1}/dump")
            assert reply.body == body
            assert reply.headers["content-length"] == "1000000"

    run(main())
