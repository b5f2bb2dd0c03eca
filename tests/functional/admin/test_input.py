# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Whatever is sent, on every database: done, or refused in the one shape.

What was taken is also stored as it was sent, and found again.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote_plus

import pytest
from falcon.testing import Result, TestClient
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from tests.functional.admin.service import running
from tests.unit.tricircle.pods.world import World
from tricircle.admin.routes import ROUTES
from tricircle.admin.schemas.error import ERRORS
from tricircle.db.engine import Database
from tricircle.db.models import Pod
from tricircle.jobs import queue
from tricircle.pods import binding, registry, routing

HEADERS = {"X-Auth-Token": "admin", "Content-Type": "application/json"}
STEADY = settings(
    max_examples=80,
    database=None,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)


class Everything:
    """Contains everything."""

    def __contains__(self, _: object) -> bool:
        return True


@dataclass
class Anywhere(World):
    """Keystone knows every region, and each has every zone."""

    regions: Any = field(default_factory=Everything)
    zones: Any = field(default_factory=Everything)


#: Any string at all, with halves of surrogates and what is hard to store.
NASTY = st.one_of(
    st.text(st.characters(exclude_categories=())),
    st.text("a\0\n\x1b\x7f\x85\ud800\udfff\ufeff\ufffe\u200b\u202e\xa0 😀é%_'\"\\:/"),
    st.sampled_from(["a\ud800b", "a\udfff", "a\0b", "a\x1bb", "a\x85b", "a\nb"]),
    st.builds(
        str.__mul__,
        st.sampled_from(["a", "é", "😀", " ", "\0", "9"]),
        st.sampled_from([1, 64, 65, 252, 253, 255, 256, 5_000]),
    ),
)
#: Any value, with numbers that no column holds.
VALUES = st.recursive(
    st.one_of(
        NASTY,
        st.none(),
        st.booleans(),
        st.integers(),
        st.sampled_from([2**31, 2**63, -(2**63) - 1, 10**400, 0]),
        st.floats(),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(NASTY, inner, max_size=3)
    ),
    max_leaves=4,
)


@dataclass
class Api:
    """The API, and one of each noun by its id in a path."""

    client: TestClient
    ids: Mapping[str, str]

    def call(self, method: str, path: str, **rest: Any) -> Result:
        found = self.client.simulate_request(
            method, path.format(**self.ids), headers=HEADERS, **rest
        )
        assert found.status_code < 500, found.text
        if found.status_code >= 400:
            assert found.headers["Content-Type"] == "application/json"
            Draft202012Validator(dict(ERRORS)).validate(found.json)
        return found


@pytest.fixture
def api(database: Database) -> Iterator[Api]:
    with running(database=database, world=Anywhere()) as service:
        with database.write() as session:
            registry.create(session, name="RegionOne")
            pod = registry.create(session, name="Pod1", az_name="az1", aggregate_id=1)
            route = routing.learn(
                session,
                resource_type="server",
                resource_id="s1",
                pod_id=pod.id,
                project_id="p1",
            )
            ids = {
                "pod_id": pod.id,
                "binding_id": binding.bind(session, "p1", pod.id).id,
                "routing_id": route.id,
                "job_id": queue.enqueue(session, "network", "n1", pod.id, "p1"),
            }
        yield Api(TestClient(service.app), ids)


WITH_BODY = [
    (method, path)
    for path, methods in ROUTES.items()
    for method, operation in methods.items()
    if operation.body is not None
]
LISTS = [
    path for path, methods in ROUTES.items() if methods.get("GET") and "{" not in path
]


@pytest.mark.parametrize(("method", "path"), WITH_BODY)
def test_any_body(api: Api, method: str, path: str) -> None:
    body = ROUTES[path][method].body
    assert body
    ((noun, schema),) = body["properties"].items()
    right = {
        "pod_name": "Pod2",
        "az_name": "az1",
        "pod_id": api.ids["pod_id"],
        "project_id": "p1",
        "resource_type": "server",
        "resource_id": "s1",
    }
    fields = schema["properties"]
    mostly = {key: right[key] for key in fields if key in right}
    spoiled = st.tuples(st.sampled_from(sorted(fields)), st.one_of(NASTY, VALUES))
    bodies = st.one_of(
        spoiled.map(lambda one: {noun: {**mostly, one[0]: one[1]}}),
        st.fixed_dictionaries({noun: VALUES}),
        VALUES,
    )

    @STEADY
    @given(bodies)
    def run(sent: Any) -> None:
        api.call(method, path, body=json.dumps(sent))

    run()


@pytest.mark.parametrize("path", LISTS)
def test_any_query(api: Api, path: str) -> None:
    keys = st.one_of(st.sampled_from(sorted(ROUTES[path]["GET"].query) or ["x"]), NASTY)
    values = st.one_of(NASTY, st.integers().map(str), st.just("9" * 400))

    @STEADY
    @given(st.lists(st.tuples(keys, values), max_size=4))
    def run(sent: list[tuple[str, str]]) -> None:
        query = "&".join(f"{encoded(key)}={encoded(value)}" for key, value in sent)
        api.call("GET", path, query_string=query)

    run()


@STEADY
@given(NASTY.filter(lambda text: "{" not in text and "}" not in text))
def test_any_path(text: str) -> None:
    with running() as service:
        api = Api(TestClient(service.app), {})
        for path in (f"/{encoded(text)}", f"/v1.0/pods/{encoded(text)}"):
            api.call("GET", path.replace("+", "%20"))


def test_what_is_taken_is_stored_as_it_is(api: Api, database: Database) -> None:
    taken = []

    names = st.one_of(NASTY, st.text(st.characters(categories=["L", "S"])))

    @STEADY
    @given(names, names)
    def run(name: str, zone: str) -> None:
        assume(zone not in {"", "az1"})
        sent = {"pod_name": name, "az_name": zone, "dc_name": zone}
        made = api.call("POST", "/v1.0/pods", body=json.dumps({"pod": sent}))
        if made.status_code != 201:
            return
        shown = made.json["pod"]
        try:
            assert {key: shown[key] for key in sent} == sent
            with database.read() as session:
                assert session.get_one(Pod, shown["pod_id"]).name == name
            for key in ("pod_name", "az_name"):
                query = f"{key}={encoded(sent[key])}"
                found = api.call("GET", "/v1.0/pods", query_string=query)
                (pod,) = found.json["pods"]
                assert pod["pod_id"] == shown["pod_id"]
        finally:
            api.call("DELETE", f"/v1.0/pods/{shown['pod_id']}")
        taken.append(name)

    run()
    assert len(taken) > 10


def encoded(text: str) -> str:
    return quote_plus(text.encode("utf-8", "surrogatepass"))
