# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""``tricircle-manage network verify``, as an operator types it."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from tests.unit.tricircle.network.world import (
    World,
    make_network,
    make_port,
    make_world,
)
from tricircle.cmd import manage, network_verify
from tricircle.db.models import Job


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """A network in a pod, and no job that is due."""
    made = make_world(tmp_path)
    monkeypatch.setattr(network_verify, "connect", lambda conf: made.neutrons)
    _, subnet = make_network(made, name="mine")
    made.realise(make_port(made, subnet))
    assert not made.work()
    yield made
    made.database.dispose()


@pytest.fixture
def config(tmp_path: Path) -> list[str]:
    file = tmp_path / "tricircle.conf"
    where = f"sqlite:///{tmp_path}/tricircle.sqlite"
    file.write_text(f"[database]\nconnection = {where}\n")
    return ["--config-file", str(file)]


def rename(world: World) -> str:
    (replica,) = world.there.all("network")
    world.there.put("network", replica["id"], name="other")
    return str(replica["id"])


def test_agreement_is_success(
    world: World, config: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert manage.main([*config, "network", "verify"]) == 0
    assert capsys.readouterr().out == "the central region and the pods agree\n"
    assert manage.main([*config, "network", "verify", "-f", "json"]) == 0
    assert json.loads(capsys.readouterr().out) == []


def test_drift_is_a_table_for_people_and_a_list_for_programs(
    world: World, config: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    replica = rename(world)
    assert manage.main([*config, "network", "verify"]) == 1
    head, line = capsys.readouterr().out.splitlines()
    assert head.split() == [
        "pod", "kind", "resource_id", "pod_resource_id", "drift", "detail"
    ]  # fmt: skip
    assert line.split()[:2] == ["Pod1", "network"]
    assert line.endswith("differs  network: name is 'other', not 'mine'")
    assert manage.main([*config, "network", "verify", "-f", "json"]) == 1
    (told,) = json.loads(capsys.readouterr().out)
    assert (told["pod_resource_id"], told["drift"]) == (replica, "differs")
    assert manage.main([*config, "network", "verify", "--project", "no"]) == 0


def test_only_a_repair_wishes_jobs(
    world: World, config: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    rename(world)

    def due() -> list[str]:
        with world.database.read() as session:
            found = session.scalars(select(Job).where(Job.reached < Job.wanted))
            return [job.kind for job in found]

    assert manage.main([*config, "network", "verify"]) == 1
    assert due() == []
    assert manage.main([*config, "network", "verify", "--repair"]) == 1
    assert capsys.readouterr().err == "1 of 1 are given to jobs\n"
    assert due() == ["network"]
    assert not world.work()
    assert manage.main([*config, "network", "verify"]) == 0


def test_who_can_not_tell_does_not_say_that_all_is_well(
    config: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make_world(tmp_path).database.dispose()
    assert manage.main([*config, "network", "verify"]) == 2
    assert "[keystone]" in capsys.readouterr().err
