# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors

from pathlib import Path

import pytest

from tricircle.cmd.xjob import main


@pytest.mark.parametrize(
    ("lines", "complaint"),
    [
        ("", "connection"),
        ("[database]\nconnection = sqlite://\n", "in-memory SQLite"),
        (
            "[database]\nconnection = sqlite:////x\n[jobs]\nthreads = 0\n",
            "threads",
        ),
        (
            "[DEFAULT]\ntransport_url = rabbbit://u:secret@h\n[database]\nconnection ="
            " sqlite:////x\n",
            "transport_url can't be used",
        ),
    ],
)
def test_it_says_what_is_wrong_with_its_configuration(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], lines: str, complaint: str
) -> None:
    file = tmp_path / "tricircle.conf"
    file.write_text(lines)
    assert main(["--config-file", str(file)]) == 2
    said = capsys.readouterr().err
    assert said.startswith("tricircle-xjob: ")
    assert complaint in said
    assert "secret" not in said
