# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
import pytest
from openstack.exceptions import NotFoundException
from osc_lib.exceptions import CommandError

from tests.functional.client.shell import IDS, Shell
from tricircle.client.commands.binding import (
    CreateBinding,
    DeleteBinding,
    ListBindings,
    ShowBinding,
)


@pytest.fixture(autouse=True)
def _projects(shell: Shell) -> None:
    shell.projects = {"p-red": "red", "p-blue": "blue"}


def bind(shell: Shell, project: str, pod: str) -> str:
    made = shell.json(CreateBinding, "--project", project, pod)
    return str(made["id"])


def test_a_project_is_bound_by_names(shell: Shell) -> None:
    made = shell.json(CreateBinding, "--project", "red", "Pod1")
    assert made.pop("created_at")
    assert made == shell.json(ShowBinding, made["id"], "-c", "id") | {
        "project_id": "p-red",
        "availability_zone": "az1",
        "pod": "Pod1",
        "pod_id": IDS["Pod1"],
        "is_current": True,
    }


def test_nobody_is_bound_by_a_mistyped_name(shell: Shell) -> None:
    with pytest.raises(NotFoundException, match="gren"):
        bind(shell, "gren", "Pod1")
    with pytest.raises(CommandError, match="no pod 'Pod9'"):
        bind(shell, "red", "Pod9")
    assert not shell.column(ListBindings, "id")


@pytest.mark.parametrize(
    ("words", "pods"),
    [
        (["--project", "blue"], ["Pod2"]),
        (["--project", "p-blue"], ["Pod2"]),
        (["--project", "deleted-long-ago"], []),
        (["--pod", "Pod1"], ["Pod1"]),
        (["--pod", IDS["Pod1"]], ["Pod1"]),
        (["--availability-zone", "az2"], ["Pod2"]),
    ],
)
def test_a_list_is_filtered(shell: Shell, words: list[str], pods: list[str]) -> None:
    bind(shell, "red", "Pod1")
    bind(shell, "blue", "Pod2")
    assert shell.column(ListBindings, "pod", *words) == pods


def test_a_list_has_more_columns_if_wanted(shell: Shell) -> None:
    bind(shell, "red", "Pod1")
    short, long = shell.json(ListBindings), shell.json(ListBindings, "--long")
    assert list(long[0]) == [*short[0], "Pod ID", "Created At"]


def test_bindings_are_deleted(shell: Shell) -> None:
    ids = [bind(shell, "red", "Pod1"), bind(shell, "blue", "Pod2")]
    shell(DeleteBinding, *ids)
    assert not shell.column(ListBindings, "id")


@pytest.mark.parametrize("id_", ["x/y", "../pods", "x y"])
def test_what_is_no_id_stays_in_its_place(shell: Shell, id_: str) -> None:
    with pytest.raises(CommandError, match="HTTP 404"):
        shell(ShowBinding, id_)
    assert shell.asked[0].startswith("GET /v1.0/bindings/")


def test_an_empty_id_is_nobody_s(shell: Shell) -> None:
    with pytest.raises(CommandError, match="no binding"):
        shell(DeleteBinding, "")
    assert not shell.asked
