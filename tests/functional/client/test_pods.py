# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from osc_lib.exceptions import CommandError

from tests.functional.client.shell import IDS, Shell, opened
from tricircle.client.commands.pod import (
    CreatePod,
    DeletePod,
    DrainPod,
    ListPods,
    ProbePod,
    SetPod,
    ShowPod,
)
from tricircle.pods import binding, routing


def test_pods_are_listed_with_what_an_operator_asks_first(shell: Shell) -> None:
    assert shell(ListPods, "-f", "csv", "--quote", "none").splitlines() == [
        "ID,Name,Availability Zone,Data Center,State,Health",
        f"{IDS['Pod1']},Pod1,az1,,active,up",
        f"{IDS['Pod2']},Pod2,az2,,active,up",
        f"{IDS['RegionOne']},RegionOne,,,active,up",
    ]


@pytest.mark.parametrize(
    ("words", "names"),
    [
        (["--name", "Pod2"], ["Pod2"]),
        (["--availability-zone", "az1"], ["Pod1"]),
        (["--state", "cordoned"], []),
        (["--health", "down"], []),
        (["--limit", "2"], ["Pod1", "Pod2"]),
        (["--marker", IDS["Pod2"]], ["RegionOne"]),
        (["--limit", "1", "--marker", IDS["Pod1"]], ["Pod2"]),
    ],
)
def test_a_list_is_filtered(shell: Shell, words: list[str], names: list[str]) -> None:
    assert shell.column(ListPods, "name", *words) == names


@pytest.mark.parametrize("words", [[], ["--limit", "3"]])
def test_pages_are_followed_to_the_end(words: list[str]) -> None:
    with opened("[admin]\nmax_limit = 1\npublic_url = http://elsewhere\n") as shell:
        assert len(shell.column(ListPods, "name", *words)) == 3
        assert len(shell.asked) == 3


def test_a_limit_asks_for_no_more_than_it_shows(shell: Shell) -> None:
    assert shell.column(ListPods, "name", "--limit", "1") == ["Pod1"]
    assert shell.asked == ["GET /v1.0/pods?limit=1"]


@pytest.mark.parametrize("limit", ["0", "-1", "many"])
def test_a_limit_is_a_number_of_pods(shell: Shell, limit: str) -> None:
    with pytest.raises(SystemExit):
        shell(ListPods, "--limit", limit)


def test_a_pod_is_shown_by_its_name_and_by_its_id(shell: Shell) -> None:
    by_name = shell.json(ShowPod, "Pod1")
    assert by_name == shell.json(ShowPod, IDS["Pod1"])
    assert by_name["id"] == IDS["Pod1"]
    assert by_name["availability_zone"] == "az1"
    assert by_name["usage"] == {"bindings": 0, "routes": {}}


def test_what_is_nested_is_shown_in_lines(shell: Shell) -> None:
    shell(ProbePod, "Pod1")
    shown = shell(ShowPod, "Pod1", "-c", "capabilities")
    assert "| compute: version=2.1, max_microversion=2.104 |" in shown
    assert "| network: extensions=agent, router            |" in shown


def test_a_pod_is_made(shell: Shell) -> None:
    made = shell.json(
        CreatePod,
        "RegionTwo",
        "--availability-zone",
        "az2",
        "--pod-availability-zone",
        "nova",
        "--data-center",
        "dc2",
    )
    assert made["name"] == "RegionTwo"
    assert (made["availability_zone"], made["data_center"]) == ("az2", "dc2")
    assert made["pod_availability_zone"] == "nova"
    assert shell.service.world.aggregates == {"ag_RegionTwo": "az2"}


def test_a_central_region_is_made_only_when_that_is_said(shell: Shell) -> None:
    with pytest.raises(SystemExit):
        shell(CreatePod, "RegionTwo")
    with pytest.raises(CommandError, match=r"is the central region.*HTTP 409"):
        shell(CreatePod, "RegionTwo", "--central")


def test_a_pod_is_cordoned_and_uncordoned(shell: Shell) -> None:
    shell(SetPod, "Pod1", "--cordon", "--data-center", "dc9")
    assert shell.column(ListPods, "name", "--state", "cordoned") == ["Pod1"]
    shell(SetPod, IDS["Pod1"], "--uncordon")
    shown = shell.json(ShowPod, "Pod1")
    assert (shown["state"], shown["data_center"]) == ("active", "dc9")


def test_to_change_nothing_is_a_mistake(shell: Shell) -> None:
    with pytest.raises(CommandError, match="nothing to change"):
        shell(SetPod, "Pod1")
    assert not shell.asked


def test_a_pod_is_drained_and_what_is_left_is_told(
    shell: Shell, caplog: pytest.LogCaptureFixture
) -> None:
    database = shell.service.database
    with database.write() as session:
        things = [("server", "s1"), ("server", "s2"), ("volume", "v1"), ("subnet", "n")]
        for type_, id_ in things:
            routing.learn(
                session,
                resource_type=type_,
                resource_id=id_,
                pod_id=IDS["Pod1"],
                project_id="project1",
            )
    drained = shell(DrainPod, "Pod1", "-f", "csv", "--quote", "none").splitlines()
    assert drained == [
        "What,Type,Left",
        "placed,server,2",
        "placed,volume,1",
        "replica,subnet,1",
    ]
    assert shell.column(ListPods, "name", "--state", "cordoned") == ["Pod1"]

    def part() -> None:
        for type_, id_ in (("volume", "v1"), ("server", "s1"), ("server", "s2")):
            _until_asked(shell)
            with database.write() as session:
                (route,) = routing.find(session, type_, id_)
                routing.remove(session, route.id)

    with ThreadPoolExecutor() as beside:
        parting = beside.submit(part)
        words = ["Pod1", "--wait", "--interval", "0.01"]
        assert shell.column(DrainPod, "type", *words) == ["subnet"]
        parting.result()
    assert "still there: 2 server" in caplog.text
    assert caplog.messages[-1] == "nothing is left"


def _until_asked(shell: Shell) -> None:
    before, end = len(shell.asked), time.monotonic() + 60
    while len(shell.asked) < before + 4:
        assert time.monotonic() < end
        time.sleep(0.01)


def test_a_pod_is_probed(shell: Shell) -> None:
    assert shell.json(ProbePod, "Pod2")["capabilities"]["network"]
    assert shell.service.world.probed == ["Pod2"]


def test_what_can_be_deleted_is_deleted(shell: Shell) -> None:
    with shell.service.database.write() as session:
        binding.bind(session, "project1", IDS["Pod1"])
    with pytest.raises(CommandError, match="could not delete 2 of 3 pods"):
        shell(DeletePod, "Pod1", "Pod3", "Pod2")
    assert shell.column(ListPods, "name") == ["Pod1", "RegionOne"]


def test_the_api_says_why_it_refuses(shell: Shell) -> None:
    with shell.service.database.write() as session:
        binding.bind(session, "project1", IDS["Pod1"])
    with pytest.raises(CommandError, match=r"1 binding.*\(HTTP 409, req-[0-9a-f-]+\)"):
        shell(DeletePod, "Pod1")


def test_a_name_that_no_pod_has_is_a_mistake(shell: Shell) -> None:
    with pytest.raises(CommandError, match=r"no pod 'Pod9'.*pod list"):
        shell(ShowPod, "Pod9")


def test_an_id_that_no_pod_has_is_the_api_s_to_refuse(shell: Shell) -> None:
    id_ = IDS["Pod1"].replace("1", "9")
    with pytest.raises(CommandError, match=f"no pod {id_} .*HTTP 404"):
        shell(ShowPod, id_)


@pytest.mark.parametrize(
    ("role", "sentence"),
    [
        ("member", "policy does not allow tricircle:pod:list.*HTTP 403"),
        ("nobody", "X-Auth-Token is missing, wrong, expired.*HTTP 401"),
    ],
)
def test_who_may_not_is_told_so(shell: Shell, role: str, sentence: str) -> None:
    shell.role = role
    with pytest.raises(CommandError, match=sentence):
        shell(ListPods)
