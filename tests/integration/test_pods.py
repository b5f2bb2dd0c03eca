# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Operators register pods and bind projects to them: what is refused, and what not."""

from typing import Any

import pytest
from keystoneauth1.adapter import Adapter

from tests.integration.bench import TOPOLOGY
from tests.integration.cloud import Cloud, Stranger, zone_of

POD, OTHER = TOPOLOGY.pods[:2]
CENTRAL = TOPOLOGY.central.name
NOBODY = "00000000-0000-4000-8000-000000000000"

#: What is sent, the status, and the error's code or a word of what it says.
PODS: dict[str, tuple[Any, int, str]] = {
    "no body": (None, 400, ""),
    "no object": ([], 400, ""),
    "nothing": ({}, 400, "pod"),
    "no pod": ({"pod": None}, 400, "pod"),
    "no name": ({"pod": {"az_name": "az7"}}, 400, "pod_name"),
    "an empty name": ({"pod": {"pod_name": "", "az_name": "az7"}}, 400, "pod_name"),
    "null as a name": ({"pod": {"pod_name": None}}, 400, "pod_name"),
    "a number as a name": ({"pod": {"pod_name": 7}}, 400, "pod_name"),
    "an unknown field": ({"pod": {"pod_name": "X", "colour": 1}}, 400, "colour"),
    "a region that is none": (
        {"pod": {"pod_name": "Mars", "az_name": "az7"}},
        400,
        "tricircle.region.not_found",
    ),
    "a second central region": (
        {"pod": {"pod_name": POD.name}},
        409,
        "exists",
    ),
    "the central region once more": (
        {"pod": {"pod_name": CENTRAL}},
        409,
        "exists",
    ),
    "the central region as a pod": (
        {"pod": {"pod_name": CENTRAL, "az_name": "az7"}},
        409,
        "tricircle.pod.exists",
    ),
    "a pod once more": (
        {"pod": {"pod_name": POD.name, "az_name": zone_of(POD)}},
        409,
        "tricircle.pod.exists",
    ),
}


def _send(who: Adapter, verb: str, path: str, body: Any = None) -> Any:
    return who.request(path, verb, json=body, raise_exc=False)


def _pod_id(cloud: Cloud, name: str) -> str:
    found = cloud.operators.get("/pods", params={"pod_name": name}).json()["pods"]
    (pod,) = [one for one in found if one["pod_name"] == name]
    return str(pod["pod_id"])


@pytest.mark.parametrize("name", PODS)
def test_a_pod_that_can_not_be_is_refused(cloud: Cloud, name: str) -> None:
    body, status, said = PODS[name]
    before = cloud.operators.get("/pods").json()
    answer = _send(cloud.operators, "POST", "/pods", body)
    assert (answer.status_code, said in answer.text) == (status, True), answer.text
    after = cloud.operators.get("/pods").json()
    assert _names(after) == _names(before)


def _names(pods: Any) -> list[str]:
    return [pod["pod_name"] for pod in pods["pods"]]


def test_pods_are_for_operators(cloud: Cloud) -> None:
    user = Adapter(cloud.user.session, service_type="Cascading", interface="public")
    body = {"pod": {"pod_name": POD.name, "az_name": zone_of(POD)}}
    assert _send(user, "POST", "/pods", body).status_code == 403
    assert _send(user, "GET", "/pods").status_code == 403
    path = f"/pods/{_pod_id(cloud, POD.name)}"
    assert _send(user, "DELETE", path).status_code == 403


def test_what_is_in_use_stays(cloud: Cloud, newcomer: Stranger) -> None:
    bound = _bind(cloud, newcomer("demo").current_project_id, POD.name)
    try:
        for name in (CENTRAL, POD.name):
            path = f"/pods/{_pod_id(cloud, name)}"
            refused = _send(cloud.operators, "DELETE", path)
            assert refused.status_code == 409, refused.text
            assert "in_use" in refused.text
            assert _send(cloud.operators, "GET", path).status_code == 200
    finally:
        cloud.operators.delete(f"/bindings/{bound}")
    assert _send(cloud.operators, "GET", f"/pods/{NOBODY}").status_code == 404
    assert _send(cloud.operators, "DELETE", f"/pods/{NOBODY}").status_code == 404


def _bind(cloud: Cloud, project: str, pod: str) -> str:
    binding = {"project_id": project, "pod_id": _pod_id(cloud, pod)}
    made = cloud.operators.post("/bindings", json={"pod_binding": binding})
    return str(made.json()["pod_binding"]["id"])


def test_a_binding_comes_and_goes(cloud: Cloud, newcomer: Stranger) -> None:
    project = newcomer("demo").current_project_id
    first = _bind(cloud, project, POD.name)
    twice = {"project_id": project, "pod_id": _pod_id(cloud, POD.name)}
    refused = _send(cloud.operators, "POST", "/bindings", {"pod_binding": twice})
    assert (refused.status_code, "binding.exists" in refused.text) == (409, True)
    second = _bind(cloud, project, OTHER.name)
    for bound in (first, second):
        path = f"/bindings/{bound}"
        shown = _send(cloud.operators, "GET", path)
        assert shown.json()["pod_binding"]["project_id"] == project
        assert _send(cloud.operators, "DELETE", path).status_code == 204
        assert _send(cloud.operators, "GET", path).status_code == 404
        assert _send(cloud.operators, "DELETE", path).status_code == 404


@pytest.mark.parametrize("pod", [None, "", NOBODY, CENTRAL])
def test_a_binding_to_no_pod_is_refused(cloud: Cloud, pod: str | None) -> None:
    pod_id = _pod_id(cloud, CENTRAL) if pod == CENTRAL else pod
    binding = {"project_id": NOBODY.replace("-", ""), "pod_id": pod_id}
    refused = _send(cloud.operators, "POST", "/bindings", {"pod_binding": binding})
    assert refused.status_code == 400, refused.text
