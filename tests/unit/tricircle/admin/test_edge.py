# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
import io
import json
import logging
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import pytest
from keystoneauth1.exceptions import EndpointNotFound

from tricircle.admin.edge import AUTHENTICATED, REACHED, ROUTE, Edge

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

COUNT = "tricircle_api_requests_total"
ID = "req-3f4a0c4e-7d55-4dc0-9a6f-0a8b6b2c1d2e"


class Inner:
    """The application behind it, which notes what reaches it."""

    def __init__(self) -> None:
        self.seen: dict[str, Any] = {}
        self.body = b""

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        self.seen = dict(environ)
        self.body = environ["wsgi.input"].read()
        environ[REACHED] = True
        start_response("409 Conflict", [("Content-Type", "text/x"), ("X-A", "b")])
        return [b"own ", b"words"]


class Guard:
    """In the place of auth_token: lets "good" tokens pass."""

    def __init__(self, app: "WSGIApplication") -> None:
        self.app = app

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        token = environ.get("HTTP_X_AUTH_TOKEN")
        if token == "good":
            return self.app(environ, start_response)
        if token == "lost":
            raise EndpointNotFound("no Keystone")
        status = "503 Service Unavailable" if token == "down" else "401 Unauthorized"
        headers = [("Content-Type", "text/html"), ("WWW-Authenticate", "Keystone")]
        start_response(status, headers)
        return [b"<html>"]


@pytest.fixture
def inner() -> Inner:
    return Inner()


def call(
    inner: Inner, path: str = "/v1.0/pods", raw: bytes = b"", **environ: Any
) -> tuple[str, dict[str, str], bytes]:
    started: list[Any] = []

    def start(status: str, headers: list[tuple[str, str]], *_: Any) -> Any:
        started.extend([status, dict(headers)])

    edge = Edge(inner, Guard, ["/", "/v1.0"], 100)
    given = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": path,
        "CONTENT_LENGTH": str(len(raw)) if raw else "",
        "wsgi.input": io.BytesIO(raw),
        **environ,
    }
    body = b"".join(edge(given, start))
    return started[0], started[1], body


def errors(body: bytes) -> Any:
    return json.loads(body)["errors"][0]


def test_what_is_ours_passes(inner: Inner) -> None:
    status, headers, body = call(inner, raw=b"{}", HTTP_X_AUTH_TOKEN="good")
    assert (status, body) == ("409 Conflict", b"own words")
    assert headers["Content-Type"] == "text/x"
    assert headers["X-A"] == "b"
    assert headers["Content-Length"] == "9"
    assert inner.body == b"{}"
    assert inner.seen[AUTHENTICATED] is True


@pytest.mark.parametrize("path", ["/", "", "/v1.0", "/v1.0/"])
def test_a_public_path_needs_no_token_and_gives_no_rights(
    inner: Inner, path: str
) -> None:
    environ: dict[str, Any] = {AUTHENTICATED: True}
    assert call(inner, path, **environ)[0] == "409 Conflict"
    assert AUTHENTICATED not in inner.seen


@pytest.mark.parametrize("path", ["/v1.0/pods", "/v1.0/x/..", "//v1.0"])
def test_any_other_path_does(inner: Inner, path: str) -> None:
    status, headers, body = call(inner, path)
    assert status == "401 Unauthorized"
    assert headers["Content-Type"] == "application/json"
    assert headers["WWW-Authenticate"] == "Keystone"
    assert errors(body)["code"] == "tricircle.unauthorized"
    assert errors(body)["request_id"] == headers["X-Openstack-Request-Id"]
    assert inner.seen == {}


@pytest.mark.parametrize("token", ["down", "lost"])
def test_keystone_away_is_not_a_wrong_token(inner: Inner, token: str) -> None:
    status, _, body = call(inner, HTTP_X_AUTH_TOKEN=token)
    assert status == "503 Service Unavailable"
    assert errors(body)["code"] == "tricircle.keystone.away"


@pytest.mark.parametrize(
    "environ",
    [
        {"CONTENT_LENGTH": "101"},
        {"CONTENT_LENGTH": "9" * 10_000},
        {"CONTENT_LENGTH": "", "wsgi.input_terminated": True},
    ],
)
@pytest.mark.parametrize("path", ["/", "/v1.0/pods"])
def test_a_body_is_bounded(inner: Inner, path: str, environ: dict[str, Any]) -> None:
    status, _, body = call(inner, path, b"x" * 101, **environ)
    assert status.startswith("413 ")
    assert errors(body)["detail"] == "the body is too large: 100 bytes are allowed"
    assert inner.seen == {}


def test_a_body_up_to_the_bound_is_read(inner: Inner) -> None:
    call(inner, "/", b"x" * 100)
    assert inner.body == b"x" * 100


def test_a_body_in_chunks_is_read(inner: Inner) -> None:
    environ = {"CONTENT_LENGTH": "", "wsgi.input_terminated": True}
    call(inner, "/", b"{}", **environ)
    assert (inner.body, inner.seen["CONTENT_LENGTH"]) == (b"{}", "2")


def test_without_a_length_there_is_no_body(inner: Inner) -> None:
    call(inner, "/", b"GET / HTTP/1.1", CONTENT_LENGTH="")
    assert inner.body == b""


@pytest.mark.parametrize("length", ["-1", "1 ", "x", "\u0661", "1e1"])
def test_a_length_is_a_number(inner: Inner, length: str) -> None:
    status, _, _ = call(inner, "/", b"x", CONTENT_LENGTH=length)
    assert status.startswith("400 ")


def test_requests_have_an_id_of_ours(inner: Inner) -> None:
    _, headers, _ = call(inner, "/", HTTP_X_OPENSTACK_REQUEST_ID=ID)
    assert headers["X-Openstack-Request-Id"] == inner.seen["openstack.request_id"] != ID
    assert inner.seen["openstack.global_request_id"] == ID


@pytest.mark.parametrize("theirs", ["", "x", "req-1", f"{ID}\nforged", f"x{ID}"])
def test_what_is_no_request_id_is_dropped(inner: Inner, theirs: str) -> None:
    call(inner, "/", HTTP_X_OPENSTACK_REQUEST_ID=theirs)
    assert "openstack.global_request_id" not in inner.seen


def test_a_request_is_logged_without_its_token(
    inner: Inner, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        call(inner, "/v1.0/pods\nforged", HTTP_X_AUTH_TOKEN="good", QUERY_STRING="q=1")
    audit, line = [record.getMessage() for record in caplog.records]
    assert line.startswith("POST '/v1.0/pods\\nforged' 409 9 bytes, 0.")
    assert "good" not in line
    assert "good" not in audit
    assert "\n" not in audit


def audited(caplog: pytest.LogCaptureFixture) -> dict[str, Any]:
    (line,) = [one for one in caplog.records if one.name == "tricircle.audit"]
    told: dict[str, Any] = json.loads(line.message)
    assert told.pop("eventTime")
    return told


def test_each_write_has_a_line_that_says_who_did_what(
    inner: Inner, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    who = {"HTTP_X_USER_ID": "U", "HTTP_X_PROJECT_ID": "P", "REMOTE_ADDR": "192.0.2.1"}
    token = {"HTTP_X_AUTH_TOKEN": "good", "HTTP_X_OPENSTACK_REQUEST_ID": ID}
    call(inner, "/v1.0/pods/1", b"{}", REQUEST_METHOD="PUT", **who, **token)
    assert audited(caplog) == {
        "action": "update",
        "outcome": "failure",
        "reasonCode": 409,
        "initiator": {"id": "U", "project_id": "P", "address": "192.0.2.1"},
        "target": {"typeURI": "tricircle/pods", "id": "1"},
        "requestPath": "/v1.0/pods/1",
        "request_id": ID,
    }


def test_who_it_was_is_believed_only_with_a_token(
    inner: Inner, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    call(inner, "/v1.0/pods/1/probe", HTTP_X_USER_ID="root")
    line = audited(caplog)
    assert line["initiator"]["id"] is None
    assert (line["action"], line["reasonCode"]) == ("update/probe", 401)


def test_what_was_made_is_named_and_reading_has_no_line(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def made(
        environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        start_response("201 Created", [("location", "http://x:1/v1.0/pods/7")])
        return [b"{}"]

    caplog.set_level(logging.INFO)
    edge = Edge(made, Guard, [], 100)
    given = {"PATH_INFO": "/v1.0/pods", "HTTP_X_AUTH_TOKEN": "good"}
    for method in ("GET", "POST"):
        environ = {"REQUEST_METHOD": method, "wsgi.input": io.BytesIO(), **given}
        edge(environ, lambda *_: io.BytesIO().write)
    line = audited(caplog)
    assert (line["action"], line["target"]["id"]) == ("create", "7")


HEALTHY = b'{"detailed": false, "reasons": ["OK"]}'


@pytest.mark.parametrize(
    ("method", "accept", "status", "body"),
    [
        ("GET", "*/*", "200 OK", b"OK"),
        ("HEAD", "", "204 No Content", b""),
        (
            "GET",
            "application/json",
            "200 OK",
            b'{"detailed": false, "reasons": ["OK"]}',
        ),
    ],
)
def test_healthcheck_needs_no_token(
    inner: Inner, method: str, accept: str, status: str, body: bytes
) -> None:
    said = call(inner, "/healthcheck", REQUEST_METHOD=method, HTTP_ACCEPT=accept)
    assert (said[0], said[2]) == (status, body)
    assert not inner.seen


def test_words_that_clients_make_up_are_no_series(inner: Inner) -> None:
    edge = Edge(inner, Guard, [], 100)
    for number in range(3):
        environ = {
            "REQUEST_METHOD": f"METHOD{number}",
            "PATH_INFO": f"/{number}",
            "wsgi.input": io.BytesIO(),
            ROUTE: f"/{number}",
        }
        b"".join(edge(environ, lambda status, headers, *_: io.BytesIO().write))
    found = [
        (*sample.labels.values(), sample.value)
        for collector in edge.tally.collectors
        for family in collector.collect()
        for sample in family.samples
        if sample.name == COUNT
    ]
    assert found == [("OTHER", "", "401", 3)]
