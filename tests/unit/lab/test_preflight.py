# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors

import os
import socket
from pathlib import Path

import pytest

from lab.errors import PreflightError
from lab.paths import Paths
from lab.preflight import check_addresses, check_disk, check_root
from lab.processes import Service


@pytest.mark.parametrize("bound", ["127.0.0.1", "0.0.0.0"])  # noqa: S104
def test_an_address_in_use_is_named_with_its_user(bound: str) -> None:
    with socket.create_server((bound, 0)) as server:
        port = server.getsockname()[1]
        service = Service("keystone", ("true",), listens=(("127.0.0.1", port),))
        with pytest.raises(PreflightError) as caught:
            check_addresses([service])
    assert str(caught.value).startswith(
        f"keystone needs 127.0.0.1:{port}, but process {os.getpid()} ("
    )
    assert f"listens on {bound}:{port}" in str(caught.value)


def test_the_same_port_of_another_address_does_not_matter() -> None:
    with socket.create_server(("127.0.0.2", 0)) as server:
        port = server.getsockname()[1]
        check_addresses(
            [Service("keystone", ("true",), listens=(("127.0.0.1", port),))]
        )


def test_a_full_disk_is_named(tmp_path: Path) -> None:
    paths = Paths(tmp_path / "not" / "made" / "yet")
    with pytest.raises(PreflightError, match=rf"{tmp_path} has .* GiB free, the lab"):
        check_disk(paths, 1 << 60)
    assert not paths.root.exists()


def test_only_root_may_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(PreflightError, match="run it as root"):
        check_root()
