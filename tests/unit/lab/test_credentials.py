# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors

from pathlib import Path

from lab.credentials import Credentials, write_private


def test_a_password_is_made_once_and_kept(tmp_path: Path) -> None:
    file = tmp_path / "etc" / "credentials.json"
    made = Credentials(file)["keystone.admin"]
    assert len(made) >= 20
    assert Credentials(file)["keystone.admin"] == made
    assert Credentials(file)["keystone.demo"] != made


def test_nobody_else_can_read_it(tmp_path: Path) -> None:
    file = tmp_path / "credentials.json"
    Credentials(file)["keystone.admin"]
    assert file.stat().st_mode & 0o777 == 0o600


def test_writing_the_same_again_changes_nothing(tmp_path: Path) -> None:
    file = tmp_path / "etc" / "nova.conf"
    assert write_private(file, "[DEFAULT]\n")
    assert not write_private(file, "[DEFAULT]\n")
    assert write_private(file, "[DEFAULT]\ndebug = true\n")
    assert [path.name for path in file.parent.iterdir()] == ["nova.conf"]
