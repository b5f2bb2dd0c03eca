# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""``tricircle-manage``, as an operator types it."""

from pathlib import Path

import pytest

from tricircle.cmd.manage import main


@pytest.fixture
def config(tmp_path: Path) -> list[str]:
    file = tmp_path / "tricircle.conf"
    file.write_text(f"[database]\nconnection = sqlite:///{tmp_path}/d.sqlite\n")
    return ["--config-file", str(file)]


def test_an_operator_makes_the_schema(
    config: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    for command in ("version", "sync", "sync", "version"):
        assert main([*config, "db", command]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "current: none",
        "head: 0003",
        "empty -> 0003",
        "0003: nothing to do",
        "current: 0003",
        "head: 0003",
    ]


@pytest.mark.parametrize("arguments", [[], ["db"], ["db", "drop"], ["pod"]])
def test_a_wrong_command_line_is_refused(
    config: list[str], arguments: list[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        main([*config, *arguments])
    assert caught.value.code == 2


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[database]\n", "connection"),
        ("[database]\nconnection = hunter2\n", "no URL"),
        ("[database]\nconnection = oracle://u:hunter2@h/d\n", "oracle"),
    ],
)
def test_a_wrong_configuration_is_explained_without_its_password(
    text: str, says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "wrong.conf"
    file.write_text(text)
    assert main(["--config-file", str(file), "db", "sync"]) == 2
    error = capsys.readouterr().err
    assert says in error
    assert "hunter2" not in error


def test_a_database_that_is_not_there_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "tricircle.conf"
    url = "postgresql://u:hunter2@127.0.0.1:1/d"
    file.write_text(f"[database]\nconnection = {url}\n")
    assert main(["--config-file", str(file), "db", "version"]) == 1
    error = capsys.readouterr().err
    assert "127.0.0.1" in error
    assert "hunter2" not in error
