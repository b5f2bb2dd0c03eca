# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""The API against its own description: whatever is sent, it answers as described.

Schemathesis makes the calls, right ones and wrong ones. It is used as a library: its
plugin for pytest reaches into what newer releases of pytest do not have.
"""

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from hypothesis.strategies import booleans
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from sqlalchemy import select

from tests.functional.admin.service import Service, running
from tricircle.admin.routes import ROUTES
from tricircle.db.models import Binding, Job, Pod, Route
from tricircle.jobs import queue
from tricircle.pods import binding, registry, routing

#: Times that each operation is tried.
EXAMPLES = 15
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
NOUNS = {
    "pod_id": Pod.id,
    "binding_id": Binding.id,
    "routing_id": Route.id,
    "job_id": Job.id,
}


EVERY = [(method, path) for path, methods in ROUTES.items() for method in methods]
EVERY += [("GET", "/healthcheck"), ("HEAD", "/healthcheck")]


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    with running() as made:
        yield made


def ids(service: Service) -> dict[str, str]:
    """An id of each noun that exists now."""
    with service.database.write() as session:
        if not registry.pods(session, with_central=False):
            pod = registry.create(session, name="Pod1", az_name="az1", aggregate_id=1)
            routing.learn(
                session,
                resource_type="server",
                resource_id="s1",
                pod_id=pod.id,
                project_id="p1",
            )
            queue.enqueue(session, "network", "n1", pod.id, "p1")
            binding.bind(session, "p1", pod.id)
        found = {}
        for key, column in NOUNS.items():
            id_ = session.scalar(select(column).limit(1))
            if id_ is not None:
                found[key] = id_
        return found


@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
@pytest.mark.parametrize(("method", "path"), EVERY)
def test_it_answers_as_described(
    service: Service, method: str, path: str, mode: GenerationMode
) -> None:
    schema = schemathesis.openapi.from_wsgi("/v1.0/openapi.json", service.app)
    operation = schema[path][method]

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode), exists=booleans())
    def run(case: Any, exists: bool) -> None:
        known = ids(service)
        # Ids by chance are never those of something; every other one shall be.
        for key in case.path_parameters or {}:
            if exists and key in known:
                case.path_parameters[key] = known[key]
        for token in ("admin", "member", "wrong"):
            response = case.call(headers={"X-Auth-Token": token})
            case.validate_response(response, checks=CHECKS)

    try:
        run()
    except Unsatisfiable:
        assert mode is GenerationMode.NEGATIVE  # nothing can be wrong with it
