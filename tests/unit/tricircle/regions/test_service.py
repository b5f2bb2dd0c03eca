# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
import pytest

from tests.unit.tricircle.regions.wire import Answer, Wire
from tricircle.regions.errors import (
    Broken,
    Clash,
    Denied,
    NotThere,
    Refused,
    RegionsError,
    Unreachable,
)
from tricircle.regions.service import Service


def service(answer: Answer) -> Service:
    wire = Wire(
        hosts={"nova": lambda request: answer},
        catalogue={"Pod1": {"compute": "http://nova/v2.1"}},
    )
    return wire.open().service("Pod1", "compute")


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, Refused),
        (401, Denied),
        (403, Denied),
        (404, NotThere),
        (409, Clash),
        (422, Refused),
        (499, Refused),
        (500, Broken),
        (503, Broken),
        (302, Broken),
    ],
)
def test_each_status_has_its_error(status: int, kind: type[RegionsError]) -> None:
    with pytest.raises(RegionsError) as raised:
        service(Answer(status, {"x": {"message": "so it is"}})).get("/flavors")
    assert type(raised.value) is kind
    assert str(raised.value) == (
        f"GET /flavors of compute in Pod1 answered {status}: so it is"
    )


@pytest.mark.parametrize(
    "body",
    [
        {"computeFault": {"message": "broken", "code": 500}},
        {"NeutronError": {"type": "X", "message": "broken", "detail": ""}},
        {"errors": [{"status": 500, "title": "T", "detail": "broken"}]},
        {"message": "broken"},
        "broken",
    ],
)
def test_the_words_of_the_service_are_repeated(body: object) -> None:
    with pytest.raises(Broken, match=r"answered 500: broken$"):
        service(Answer(500, body)).get("/")


@pytest.mark.parametrize("body", [{}, [], {"a": {}}, None, ""])
def test_no_words_are_words_too(body: object) -> None:
    with pytest.raises(Broken, match="answered 500"):
        service(Answer(500, body)).get("/")


@pytest.mark.parametrize("body", ["<html>", [1]])
def test_an_answer_that_is_no_object_is_broken(body: object) -> None:
    with pytest.raises(Broken, match="JSON"):
        service(Answer(200, body)).get("/")


def test_nobody_there() -> None:
    wire = Wire(catalogue={"Pod1": {"compute": "http://nova/v2.1"}})
    with pytest.raises(Unreachable, match="compute in Pod1 can't be reached"):
        wire.open().service("Pod1", "compute").get("/")


def test_keystone_away() -> None:
    wire = Wire(catalogue={"Pod1": {"compute": "http://nova/v2.1"}}, is_up=False)
    with pytest.raises(Broken, match="Keystone"):
        wire.open().service("Pod1", "compute")
