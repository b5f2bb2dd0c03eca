# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
from types import SimpleNamespace

import pytest
from keystoneauth1.exceptions import ConnectFailure, EndpointNotFound
from osc_lib.exceptions import CommandError

from tests.unit.tricircle.regions.wire import Answer, Wire
from tricircle.client import plugin
from tricircle.client.asking import Api
from tricircle.client.nouns import JOB

FAULT = {"status": 409, "title": "Conflict", "code": "x.y", "detail": "it is in use"}


def api(answer: Answer | None, region: str = "RegionOne") -> Api:
    wire = Wire(
        hosts={"tricircle": lambda request: answer} if answer else {},
        catalogue={"RegionOne": {"Cascading": "http://tricircle/v1.0"}},
    )
    instance = SimpleNamespace(
        session=wire.connect(), region_name=region, interface="internal"
    )
    made = plugin.make_client(instance)
    assert isinstance(made, Api)
    return made


def json(status: int, body: object) -> Answer:
    headers = {"Content-Type": "application/json", "X-Openstack-Request-Id": "req-1"}
    return Answer(status, body, headers)


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (json(409, {"errors": [FAULT]}), "it is in use (HTTP 409, req-1)"),
        (
            json(500, {"errors": []}),
            "Internal Server Error (HTTP 500) (Request-ID: req-1)",
        ),
        (Answer(502, "<html>", {"Content-Type": "text/html"}), "<html> (HTTP 502)"),
    ],
)
def test_a_refusal_is_told_in_the_words_of_the_api(
    answer: Answer, sentence: str
) -> None:
    with pytest.raises(CommandError) as raised:
        api(answer).get(JOB, "j1")
    assert str(raised.value) == sentence


@pytest.mark.parametrize("body", ["<html>", {"versions": []}, ["job"], "3"])
def test_another_service_is_not_taken_for_the_api(body: object) -> None:
    with pytest.raises(CommandError, match=r"http://tricircle/v1.0/jobs/j1 answers"):
        api(json(200, body)).get(JOB, "j1")


def test_an_api_that_is_away_is_named() -> None:
    with pytest.raises(ConnectFailure, match="http://tricircle"):
        api(None).get(JOB, "j1")


def test_a_region_without_the_api_is_named() -> None:
    with pytest.raises(EndpointNotFound, match="Cascading service in Elsewhere"):
        api(None, region="Elsewhere").get(JOB, "j1")
