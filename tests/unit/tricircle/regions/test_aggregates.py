# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
import pytest

from tests.unit.tricircle.regions.nova import Nova
from tests.unit.tricircle.regions.wire import Answer, Request, Wire
from tricircle.regions.aggregates import MARK, Aggregates
from tricircle.regions.errors import AggregateTaken, Broken

REGION = "RegionOne"


@pytest.fixture
def nova() -> Nova:
    return Nova()


@pytest.fixture
def wire(nova: Nova) -> Wire:
    return Wire(
        hosts={"nova": nova}, catalogue={REGION: {"compute": "http://nova/v2.1"}}
    )


@pytest.fixture
def aggregates(wire: Wire) -> Aggregates:
    return Aggregates(wire.open())


def test_it_is_made_and_marked(aggregates: Aggregates, nova: Nova) -> None:
    assert aggregates.ensure(REGION, "ag_Pod1", "az1", "p1") == 1
    assert nova.aggregates[1]["availability_zone"] == "az1"
    assert nova.aggregates[1]["metadata"][MARK] == "p1"


def test_again_changes_nothing(aggregates: Aggregates, nova: Nova, wire: Wire) -> None:
    aggregates.ensure(REGION, "ag_Pod1", "az1", "p1")
    wire.asked.clear()
    assert aggregates.ensure(REGION, "ag_Pod1", "az1", "p1") == 1
    assert wire.asked == ["GET nova/v2.1/os-aggregates"]


def test_one_that_was_not_marked_before_a_crash_is_ours(
    aggregates: Aggregates, nova: Nova
) -> None:
    nova.add("ag_Pod1", "az1")
    assert aggregates.ensure(REGION, "ag_Pod1", "az1", "p1") == 1
    assert nova.aggregates[1]["metadata"][MARK] == "p1"


def test_ours_gets_another_zone(aggregates: Aggregates, nova: Nova) -> None:
    aggregates.ensure(REGION, "ag_Pod1", "az1", "p1")
    assert aggregates.ensure(REGION, "ag_Pod1", "az2", "p1") == 1
    assert nova.aggregates[1]["availability_zone"] == "az2"


@pytest.mark.parametrize(
    "change",
    [
        {"availability_zone": "other"},
        {"hosts": ["host1"]},
        {"metadata": {"ssd": "true"}},
        {"hosts": ["host1"], "metadata": {MARK: "p0"}},
    ],
)
def test_one_of_an_operator_is_left_alone(
    aggregates: Aggregates, nova: Nova, change: dict[str, object]
) -> None:
    nova.add("ag_Pod1", "az1")
    nova.aggregates[1].update(change)
    before = dict(nova.aggregates[1])
    with pytest.raises(AggregateTaken, match="aggregate delete 1"):
        aggregates.ensure(REGION, "ag_Pod1", "az1", "p1")
    aggregates.remove(REGION, "ag_Pod1", "az1")
    assert nova.aggregates == {1: before}


def test_who_is_slower_takes_what_the_other_made(wire: Wire, nova: Nova) -> None:
    def racing(request: Request) -> Answer:
        if request.method == "POST" and request.path.endswith("/os-aggregates"):
            nova.add("ag_Pod1", "az1")  # someone else's, just before ours
        return nova(request)

    wire.hosts["nova"] = racing
    assert Aggregates(wire.open()).ensure(REGION, "ag_Pod1", "az1", "p1") == 1


def test_a_name_that_never_settles_is_given_up(wire: Wire, nova: Nova) -> None:
    nova.answers["POST"] = Answer(409, {"conflictingRequest": {"message": "exists"}})
    with pytest.raises(Broken, match="comes and goes"):
        Aggregates(wire.open()).ensure(REGION, "ag_Pod1", "az1", "p1")


def test_it_is_removed_once_and_again(aggregates: Aggregates, nova: Nova) -> None:
    aggregates.ensure(REGION, "ag_Pod1", "az1", "p1")
    for _ in range(2):
        aggregates.remove(REGION, "ag_Pod1", "az1")
        assert nova.aggregates == {}


def test_someone_else_removes_it_at_the_same_time(wire: Wire, nova: Nova) -> None:
    nova.add("ag_Pod1", "az1")
    nova.answers["DELETE"] = Answer(404, {"itemNotFound": {"message": "gone"}})
    Aggregates(wire.open()).remove(REGION, "ag_Pod1", "az1")
