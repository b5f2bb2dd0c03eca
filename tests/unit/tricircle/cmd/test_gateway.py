# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""``tricircle-gateway`` says what is wrong before it opens a port."""

from pathlib import Path

import pytest

from tricircle.cmd import gateway
from tricircle.gateway.message import Patience

ANY_PORTS = "[gateway]\ncompute_port = 0\nvolume_port = 0\n"


def write(path: Path, text: str) -> list[str]:
    file = path / "gateway.conf"
    file.write_text(text)
    return ["--config-file", str(file)]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "connection"),
        (f"[database]\nconnection = nonsense\n{ANY_PORTS}", "database"),
        ("[database]\nconnection = sqlite:////x\n[gateway]\nworkers = 0\n", "workers"),
    ],
)
def test_a_wrong_configuration_is_told_and_ends_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, words: str
) -> None:
    assert gateway.main(write(tmp_path, text)) == 2
    assert words in capsys.readouterr().err


def test_timeouts_are_the_configurations(tmp_path: Path) -> None:
    text = """
[database]
connection = sqlite:////x
[gateway]
fanout_timeout = 1.5
read_timeout = 20
write_timeout = 90
connect_timeout = 1
pod_concurrency = 5
pod_backlog = 6
"""
    limits = gateway.limits(gateway.configuration(write(tmp_path, text)))
    assert limits.first_byte == {
        Patience.FANOUT: 1.5,
        Patience.READ: 20,
        Patience.WRITE: 90,
    }
    assert (limits.connect, limits.concurrent, limits.waiting) == (1, 5, 6)


def test_routes_are_printed_without_a_configuration(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert gateway.main(["routes"]) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["#", "compute"] in lines
    assert ["GET", "/v2.1/servers/detail", "broadcast"] in lines
    assert ["ANY", "/v3/volumes/{volume}/**", "owner"] in lines
    (refused,) = [line for line in lines if line[1:3] == ["/v3/os-hosts", "refused"]]
    assert "name a host" in " ".join(refused)
