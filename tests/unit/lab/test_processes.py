# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors

import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from lab.errors import ServiceError
from lab.paths import Paths
from lab.processes import Service, find, other_labs, proportional_memory, start, stop

#: Starts a child, says so in a file, and ignores nothing.
PARENT = """
import subprocess, sys, time, pathlib
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
pathlib.Path(sys.argv[1]).touch()
time.sleep(600)
"""
#: Will not end when asked.
STUBBORN = """
import pathlib, signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
pathlib.Path(sys.argv[1]).touch()
time.sleep(600)
"""

#: Takes its time to end, and writes down that it did.
SLOW = """
import pathlib, signal, sys, time
def end(*_):
    time.sleep(float(sys.argv[2]))
    with open(sys.argv[3], "a") as diary: diary.write(sys.argv[2] + " ")
    sys.exit()
signal.signal(signal.SIGTERM, end)
pathlib.Path(sys.argv[1]).touch()
time.sleep(600)
"""


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.fixture
def paths(tmp_path: Path) -> Iterator[Paths]:
    paths = Paths(tmp_path / "lab", run=tmp_path / "run")
    paths.log.mkdir(parents=True)
    yield paths
    stop(find(paths.root).values(), grace=0)


def service(name: str, program: str, paths: Paths, *arguments: str) -> Service:
    ready = str(paths.root / f"{name}.ready")
    return Service(name, (sys.executable, "-c", program, ready, *arguments))


def start_and_wait(wanted: Service, paths: Paths) -> None:
    start(wanted, paths)
    wait_for((paths.root / f"{wanted.name}.ready").exists)


def test_what_was_started_is_found_with_its_children(paths: Paths) -> None:
    wanted = service("parent", PARENT, paths)
    start_and_wait(wanted, paths)
    found = find(paths.root)
    assert list(found) == ["parent"]
    assert found["parent"].digest == wanted.digest()
    assert len(found["parent"].processes) == 2
    assert found["parent"].main is not None
    assert found["parent"].main.cmdline()[-1].endswith("parent.ready")
    assert proportional_memory(found["parent"].processes) > 1 << 20


def test_another_lab_is_seen_but_not_found(paths: Paths, tmp_path: Path) -> None:
    start_and_wait(service("parent", PARENT, paths), paths)
    assert find(tmp_path / "elsewhere") == {}
    assert str(paths.root) in other_labs(tmp_path / "elsewhere")
    assert str(paths.root) not in other_labs(paths.root)


def test_stopping_ends_the_children_too(paths: Paths) -> None:
    start_and_wait(service("parent", PARENT, paths), paths)
    pids = [process.pid for process in find(paths.root)["parent"].processes]
    stop(find(paths.root).values(), grace=5)
    assert find(paths.root) == {}
    assert not any(map(runs, pids))


def test_a_child_whose_parent_was_killed_is_found_and_stopped(paths: Paths) -> None:
    start_and_wait(service("parent", PARENT, paths), paths)
    main = find(paths.root)["parent"].main
    assert main is not None
    main.kill()
    wait_for(lambda: find(paths.root)["parent"].main is None)
    orphan = find(paths.root)["parent"]
    assert len(orphan.processes) == 1
    stop([orphan], grace=5)
    assert find(paths.root) == {}


def test_one_that_does_not_want_to_end_is_killed(paths: Paths) -> None:
    start_and_wait(service("stubborn", STUBBORN, paths), paths)
    stop(find(paths.root).values(), grace=0.3)
    assert find(paths.root) == {}


def test_who_uses_others_ends_before_them(paths: Paths) -> None:
    diary = paths.root / "diary"
    user = service("user", SLOW, paths, "0.3", str(diary))
    used = replace(service("used", SLOW, paths, "0.0", str(diary)), stop_wave=1)
    for wanted in (used, user):
        start_and_wait(wanted, paths)
    stop(find(paths.root).values(), grace=5)
    assert diary.read_text() == "0.3 0.0 "


def test_a_changed_file_changes_the_digest(tmp_path: Path) -> None:
    file = tmp_path / "service.conf"
    file.write_text("one")
    wanted = Service("one", ("true",), files=(file,))
    before = wanted.digest()
    assert wanted.digest() == before
    file.write_text("two")
    assert wanted.digest() != before


def test_a_program_that_does_not_exist_is_named(paths: Paths) -> None:
    with pytest.raises(
        ServiceError, match="cannot start ghost: there is no /no/such/program"
    ):
        start(Service("ghost", ("/no/such/program",)), paths)


def test_a_service_does_not_see_the_users_openstack(
    paths: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OS_CLOUD", "production")
    start_and_wait(service("parent", PARENT, paths), paths)
    main = find(paths.root)["parent"].main
    assert main is not None
    assert not [name for name in main.environ() if name.startswith("OS_")]


def runs(pid: int) -> bool:
    return (
        psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    )
