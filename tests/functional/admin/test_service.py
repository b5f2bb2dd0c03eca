# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""What a story can't tell."""

from typing import Any

import pytest
from falcon.testing import TestClient

from tests.functional.admin.service import running
from tricircle.db.errors import DatabaseUnavailable
from tricircle.pods import registry

ADMIN = {"X-Auth-Token": "admin", "Content-Type": "application/json"}


def test_links_begin_as_the_client_called() -> None:
    with running() as service:
        found = TestClient(service.app).get("/", headers={"Host": "cloud:19999"})
    link = found.json["versions"][0]["links"][0]["href"]
    assert link == "http://cloud:19999/v1.0/"


@pytest.mark.parametrize("host", ["a b", "[", 'evil"><script>', "x" * 9000 + "/"])
def test_a_host_that_is_none_is_not_repeated(host: str) -> None:
    with running() as service:
        found = TestClient(service.app).get("/", headers={"Host": host})
    assert f"//{host}" not in found.text
    assert found.status_code == 200


def test_links_begin_as_the_operator_says() -> None:
    with running("[admin]\npublic_url = https://cloud.example.org/\n") as service:
        found = TestClient(service.app).get("/", headers={"Host": "inside:19999"})
    link = found.json["versions"][0]["links"][0]["href"]
    assert link == "https://cloud.example.org/v1.0/"


def test_the_database_away() -> None:
    def away(*_: Any) -> None:
        raise DatabaseUnavailable("the database at 10.0.0.1 is away")

    with running() as service, pytest.MonkeyPatch.context() as patch:
        patch.setattr(service.database, "retried_read", away)
        found = TestClient(service.app).get("/v1.0/pods", headers=ADMIN)
    assert found.status_code == 503
    assert found.json["errors"][0]["code"] == "tricircle.database.away"
    assert "10.0.0.1" not in found.text


def test_a_fault_of_ours_is_logged_and_not_told(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fail(*_: Any) -> None:
        raise ZeroDivisionError("secret")

    with running() as service, pytest.MonkeyPatch.context() as patch:
        patch.setattr(service.database, "retried_read", fail)
        found = TestClient(service.app).get("/v1.0/pods", headers=ADMIN)
    assert found.status_code == 500
    assert found.json["errors"][0]["code"] == "tricircle.unforeseen"
    assert "secret" not in found.text
    assert "secret" in caplog.text


def test_a_redone_job_is_nudged() -> None:
    from tricircle.jobs import queue

    with running() as service:
        with service.database.write() as session:
            pod = registry.create(session, name="Pod1", az_name="az1")
            job = queue.enqueue(session, "network", "n1", pod.id, "p1")
        TestClient(service.app).put(f"/v1.0/jobs/{job}", headers=ADMIN)
        assert service.nudges.count == 1


def test_policy_can_be_changed(tmp_path: Any) -> None:
    file = tmp_path / "policy.yaml"
    file.write_text('"tricircle:pod:list": "role:member or role:admin"\n')
    with running(f"[oslo_policy]\npolicy_file = {file}\n") as service:
        client = TestClient(service.app, headers={"X-Auth-Token": "member"})
        assert client.get("/v1.0/pods").status_code == 200
        assert client.get("/v1.0/jobs").status_code == 403


def test_no_utf_8() -> None:
    with running() as service:
        found = TestClient(service.app).post(
            "/v1.0/pods", headers=ADMIN, body=b'{"pod": {"pod_name": "\xe4"}}'
        )
    assert found.status_code == 400
