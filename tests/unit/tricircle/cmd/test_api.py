# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
from pathlib import Path

import pytest
from falcon.testing import TestClient

from tricircle.cmd import api

GOOD = """
[database]
connection = sqlite:////nowhere/db.sqlite
[messaging]
nudge = false
[keystone]
auth_type = password
auth_url = http://127.0.0.1:1/v3
username = tricircle
password = secret
"""


def configured(path: Path, text: str) -> list[str]:
    file = path / "tricircle.conf"
    file.write_text(text)
    return ["--config-file", str(file)]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "[database]"),
        (GOOD.replace("sqlite:", "oracle:"), "oracle"),
        (GOOD.replace("auth_type = password", ""), "[keystone] has no auth_type"),
        (GOOD.replace("auth_type = password", "auth_type = nonsense"), "nonsense"),
        (GOOD + "[admin]\nbind_port = 99999\n", "bind_port"),
        (GOOD + "[admin]\npublic_url = cloud\n", "public_url"),
    ],
)
def test_what_is_wrong_with_the_configuration_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, sentence: str
) -> None:
    assert api.main(configured(tmp_path, text)) == 2
    said = capsys.readouterr().err
    assert said.startswith("tricircle-api: ")
    assert sentence in said
    assert "secret" not in said


def test_a_policy_file_that_is_no_policy_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "policy.yaml"
    file.write_text("{")
    text = f"{GOOD}[oslo_policy]\npolicy_file = {file}\n"
    assert api.main(configured(tmp_path, text)) == 2
    assert "policy" in capsys.readouterr().err


def test_other_servers_can_serve_it(tmp_path: Path) -> None:
    app = api.application(configured(tmp_path, GOOD))
    response = TestClient(app).get("/")
    assert response.json["versions"][0]["id"] == "v1.0"
