# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""What operators see of requests: counts, audit lines, an access log, health."""

import asyncio
import json
import logging
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from tests.unit.tricircle.gateway.cloud import PROJECT, Cloud, cloud
from tests.unit.tricircle.gateway.pod import run
from tricircle.gateway.app import ByPort
from tricircle.gateway.observe.access_log import AccessLog
from tricircle.gateway.observe.exposition import Exposition
from tricircle.gateway.observe.healthcheck import Health
from tricircle.gateway.observe.observer import Observer

S1 = "11111111-1111-1111-1111-111111111111"
SERVER = f"/v2.1/servers/{S1}"
ROUTE = "/servers/{server}"
GLOBAL_ID = "req-00000000-0000-0000-0000-000000000001"


def metrics(nova: Cloud) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    """What Prometheus reads: values by name and labels."""
    registry = CollectorRegistry()
    registry.register(Exposition(nova.sources))
    text = generate_latest(registry).decode()
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def labels(**given: str) -> frozenset[tuple[str, str]]:
    return frozenset({"service": "compute", **given}.items())


def known(nova: Cloud) -> None:
    nova.placement.learn("server", S1, nova.placement.pods[0], PROJECT)
    nova.pod1.answers[f"GET {SERVER}"] = {"server": {"id": S1}}


def test_requests_are_counted_by_route_pod_and_status() -> None:
    async def main() -> None:
        async with cloud() as nova:
            known(nova)
            for _ in range(3):
                await nova("GET", SERVER)
            await nova("GET", SERVER, token="")
            seen = metrics(nova)
            at_pod = labels(method="GET", route=ROUTE, pod="Pod1")
            found = at_pod | {("status", "200")}
            refused = labels(method="GET", route="", pod="", status="401")
            assert seen["tricircle_requests_total", found] == 3
            assert seen["tricircle_requests_total", refused] == 1
            assert seen["tricircle_request_seconds_count", at_pod] == 3
            assert seen["tricircle_request_seconds_sum", at_pod] > 0
            forever = at_pod | {("le", "+Inf")}
            assert seen["tricircle_request_seconds_bucket", forever] == 3
            assert seen["tricircle_requests_open", frozenset()] == 0

    run(main())


def test_paths_and_methods_that_nothing_serves_fill_no_memory() -> None:
    async def main() -> None:
        async with cloud() as nova:
            for number in range(5):
                await nova(f"X{number}", f"/v2.1/nothing/{number}")
            counted = [name for name, _ in metrics(nova) if name.endswith("s_total")]
            at = labels(method="OTHER", route="", pod="", status="404")
            assert metrics(nova)["tricircle_requests_total", at] == 5
            assert counted.count("tricircle_requests_total") == 1

    run(main())


def test_caches_tell_how_often_they_had_it() -> None:
    async def main() -> None:
        async with cloud() as nova:
            known(nova)
            for _ in range(3):
                await nova("GET", SERVER)
            seen = metrics(nova)

            def lookups(cache: str, result: str) -> float:
                at = frozenset({"cache": cache, "result": result}.items())
                return seen["tricircle_cache_lookups_total", at]

            assert lookups("routes", "hit") == 3
            assert lookups("tokens", "hit") == 2
            assert lookups("tokens", "miss") >= 1
            tokens = frozenset({("cache", "tokens")})
            assert seen["tricircle_cache_entries", tokens] == 1

    run(main())


def test_a_pod_that_fails_is_seen_to_and_its_circuit_to_open() -> None:
    async def main() -> None:
        async with cloud() as nova:
            known(nova)
            nova.pod1.answers[f"GET {SERVER}"] = b"nonsense"
            for _ in range(5):
                await nova("GET", SERVER)
            seen = metrics(nova)
            of = {
                dict(at)["result"]: value
                for (name, at), value in seen.items()
                if name == "tricircle_upstream_calls_total" and ("pod", "Pod1") in at
            }
            assert of == {"answered": 0, "failed": 3, "broken": 2, "full": 0}
            (is_open,) = [
                value
                for (name, at), value in seen.items()
                if name == "tricircle_upstream_circuit_open" and ("pod", "Pod1") in at
            ]
            assert is_open == 1

    run(main())


def told(caplog: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    return [
        json.loads(record.message)
        for record in caplog.records
        if record.name == "tricircle.audit"
    ]


CREATE = {"server": {"name": "web", "adminPass": "hidden", "networks": "none"}}
AUDITED: list[tuple[Any, ...]] = [
    ("POST", "/v2.1/servers", CREATE, 202, "create", "success", S1, "Pod2"),
    ("DELETE", SERVER, None, 204, "delete", "success", S1, "Pod2"),
    ("PUT", SERVER, {"server": {}}, 403, "update", "failure", S1, "Pod2"),
    (
        "POST",
        f"{SERVER}/action",
        {"changePassword": {"adminPass": "hidden"}},
        202,
        "update/changePassword",
        "success",
        S1,
        "Pod2",
    ),
]


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "action", "outcome", "id", "pod"), AUDITED
)
def test_each_write_has_a_line_that_says_who_did_what_where(
    caplog: pytest.LogCaptureFixture,
    method: str,
    path: str,
    body: Any,
    status: int,
    action: str,
    outcome: str,
    id: str,
    pod: str,
) -> None:
    async def main() -> None:
        async with cloud() as nova:
            nova.placement.learn("server", S1, nova.placement.pods[1], PROJECT)
            answer = {"server": {"id": S1, "adminPass": "hidden"}}
            nova.pod2.answers[f"{method} {path}"] = (status, answer)
            nova.pod2.answers[f"GET {SERVER}"] = answer
            if "POST /v2.1/servers" in nova.pod2.answers:
                body["server"]["availability_zone"] = "az2"
            headers = {"x-openstack-request-id": GLOBAL_ID}
            await nova("GET", SERVER)
            reply = await nova(method, path, body, headers=headers)
            assert reply.status == status

    caplog.set_level(logging.INFO)
    run(main())
    (line,) = told(caplog)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT.*\+00:00", line.pop("eventTime"))
    assert line == {
        "action": action,
        "outcome": outcome,
        "reasonCode": status,
        "initiator": {"id": "U", "project_id": PROJECT, "address": "192.0.2.1"},
        "target": {"typeURI": "compute/server", "id": id},
        "requestPath": path,
        "pod": pod,
        "request_id": GLOBAL_ID,
    }
    assert "hidden" not in caplog.text
    assert "good" not in caplog.text


def test_what_has_no_id_is_told_by_its_name(caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        async with cloud() as nova:
            nova.central.answers["POST /v2.1/os-keypairs"] = {"keypair": {"name": "k"}}
            await nova("POST", "/v2.1/os-keypairs", {"keypair": {"name": "k"}})

    caplog.set_level(logging.INFO)
    run(main())
    (line,) = told(caplog)
    assert line["target"] == {"typeURI": "compute/keypair", "id": "k"}


def test_a_write_of_which_nobody_knows_the_end_says_so(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def main() -> None:
        async with cloud() as nova:
            known(nova)
            nova.pod1.silent = True
            assert (await nova("DELETE", SERVER)).status == 504

    caplog.set_level(logging.INFO)
    run(main())
    (line,) = told(caplog)
    assert (line["outcome"], line["reasonCode"]) == ("unknown", 504)


def test_a_write_without_a_token_has_its_line_too(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def main() -> None:
        async with cloud() as nova:
            await nova("DELETE", SERVER, token="")

    caplog.set_level(logging.INFO)
    run(main())
    (line,) = told(caplog)
    assert (line["outcome"], line["initiator"]["id"]) == ("failure", None)


def test_the_access_log_has_a_line_for_each_request_and_can_be_moved_away(
    tmp_path: Path,
) -> None:
    file = tmp_path / "access.log"

    async def main() -> None:
        log = AccessLog(file, clock=lambda: 1_000_000_000.25)
        async with cloud(observer=Observer(log)) as nova:
            known(nova)
            headers = {"x-openstack-request-id": GLOBAL_ID}
            await nova("GET", f"{SERVER}?x=1", headers=headers)
            log.flush()
            file.rename(tmp_path / "moved")
            await nova("GET", "/v2.1/caf\xc3\xa9", token="")
            log.flush()

    run(main())
    when = re.escape("2001-09-09T01:46:40.250Z 192.0.2.1 GET")
    assert re.fullmatch(
        rf"{when} {SERVER}\?x=1 200 \d+ \d\.\d{{4}} Pod1 U {PROJECT} {GLOBAL_ID}\n",
        (tmp_path / "moved").read_text(),
    )
    assert re.fullmatch(
        rf"{when} /v2\.1/caf\S+ 401 \d+ \d\.\d{{4}} - - - req-\S+\n", file.read_text()
    )


async def ask(app: ByPort, method: str, **headers: str) -> tuple[int, Any, bytes]:
    said: list[Mapping[str, Any]] = []

    async def send(message: Any) -> None:
        said.append(message)

    async def receive() -> dict[str, Any]:
        return {"type": "http.request"}

    scope = {
        "type": "http",
        "method": method,
        "raw_path": b"/healthcheck",
        "headers": [(k.encode(), v.encode()) for k, v in headers.items()],
    }
    await app(scope, receive, send)
    kind = dict(said[0]["headers"])[b"content-type"]
    return said[0]["status"], kind, said[1]["body"]


def test_healthcheck_is_answered_as_oslo_middleware_does() -> None:
    plain = b"text/plain; charset=UTF-8"

    async def main() -> None:
        health = Health()
        app = ByPort({}, health)
        assert await ask(app, "GET") == (200, plain, b"OK")
        assert await ask(app, "HEAD") == (204, plain, b"")
        status, kind, body = await ask(app, "GET", accept="application/json")
        assert (status, kind) == (200, b"application/json")
        assert json.loads(body) == {"detailed": False, "reasons": ["OK"]}
        health.stopping()
        assert await ask(app, "GET") == (503, plain, b"STOPPING")
        assert (await ask(app, "HEAD"))[0] == 503

    asyncio.run(main())
