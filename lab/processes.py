# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Lasting processes: what runs, start, stop.

There are no pid files. Each process is started with an environment variable
that names its own pid, a digest of how it was started, when to stop it, the
service and the lab; children inherit it, and ``/proc/PID/environ`` tells it to
whoever asks. So what runs is always known, whoever died in between, and only what
the lab started is stopped.
"""

import hashlib
import shutil
import signal
import subprocess
import time
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from lab.errors import ServiceError
from lab.paths import Paths
from lab.shell import clean_environment, tail

_MARK = "TRICIRCLE_LAB"
#: Puts the pid, which the service will keep, in front of the mark.
_MARKED = ("sh", "-c", f'export {_MARK}="$$${_MARK}"; exec "$@"', "sh")
_STOP_POLL_SECONDS = 0.05


@dataclass(frozen=True)
class Service:
    """A lasting process: how it is started, and on what it depends.

    ``files`` are the configuration files that it reads: when one of them
    changes, the service is restarted. ``namespace`` is the network namespace to
    run in. ``stop_wave``: services of a lower wave are stopped before those of a
    higher one. ``listens`` are the (address, TCP port) pairs that it binds, and
    ``socket`` the Unix socket.
    """

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    files: tuple[Path, ...] = ()
    namespace: str | None = None
    stop_wave: int = 0
    listens: tuple[tuple[str, int], ...] = ()
    socket: Path | None = None

    def digest(self) -> str:
        """A digest of all that decides how the service behaves."""
        parts = [*self.command, self.namespace or ""]
        parts += [f"{key}={value}" for key, value in sorted(self.environment.items())]
        seen = hashlib.sha256("\0".join(parts).encode())
        for file in self.files:
            seen.update(file.read_bytes())
        return seen.hexdigest()[:16]


@dataclass(frozen=True)
class Running:
    """The processes of one service, found on the machine."""

    name: str
    digest: str
    stop_wave: int
    main: psutil.Process | None
    processes: tuple[psutil.Process, ...]


def find(root: Path) -> dict[str, Running]:
    """What runs of the lab in ``root``, by service name."""
    return _group(mark for mark in _marks() if mark.root == str(root))


def other_labs(root: Path) -> set[str]:
    """The roots of other labs of which something runs on this machine."""
    return {mark.root for mark in _marks()} - {str(root)}


def start(service: Service, paths: Paths) -> None:
    """Start a service in a session of its own; its output goes to its log.

    ServiceError if the program does not exist. Returns at once: whether the
    service works is for its probe to tell.
    """
    temporary = paths.temporary(service.name)
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir(parents=True)
    mark = (service.digest(), str(service.stop_wave), service.name, str(paths.root))
    environment = clean_environment(
        {
            "TMPDIR": str(temporary),
            # One arena per thread costs tens of MB in each threaded service.
            "MALLOC_ARENA_MAX": "2",
            # setproctitle would overwrite the memory that holds our mark.
            "SPT_NOENV": "1",
            **service.environment,
            _MARK: "".join(f":{part}" for part in mark),
        }
    )
    program = Path(service.command[0])
    if not program.exists():
        raise ServiceError(f"cannot start {service.name}: there is no {program}")
    enter = ("ip", "netns", "exec", service.namespace) if service.namespace else ()
    with paths.log_file(service.name).open("ab") as log:
        subprocess.Popen(
            [*_MARKED, *enter, *service.command],
            env=environment,
            cwd=temporary,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )


def stop(services: Iterable[Running], grace: float = 20.0) -> None:
    """Stop services wave by wave: SIGTERM, then SIGKILL after ``grace`` seconds.

    Only the main process is asked to end, for it knows how to end its children;
    whatever of the service is left then is killed. Returns when all are gone.
    """
    services = list(services)
    for wave in sorted({running.stop_wave for running in services}):
        _stop_together([run for run in services if run.stop_wave == wave], grace)


def _stop_together(services: list[Running], grace: float) -> None:
    for running in services:
        for process in [running.main] if running.main else running.processes:
            _signal(process, signal.SIGTERM)
    pending = [process for running in services for process in running.processes]
    leaders = [running.main for running in services if running.main]
    _wait(leaders or pending, grace)
    _wait(pending, 1.0)
    for process in pending:
        _signal(process, signal.SIGKILL)
    _wait(pending, grace)


def last_words(service: str, paths: Paths) -> str:
    """The end of a service's log, for an error message."""
    log = paths.log_file(service)
    return f"its log is {log}:\n{tail(log)}"


def is_alive(process: psutil.Process) -> bool:
    """Whether a process runs; a zombie does not, unless threads of it still do."""
    try:
        if process.status() != psutil.STATUS_ZOMBIE:
            return process.is_running()
        return len(list(Path(f"/proc/{process.pid}/task").iterdir())) > 1
    except (psutil.NoSuchProcess, FileNotFoundError):
        return False


def proportional_memory(processes: Iterable[psutil.Process]) -> int:
    """The sum of the processes' proportional set sizes (PSS), in bytes."""
    total = 0
    for process in processes:
        try:
            rollup = Path(f"/proc/{process.pid}/smaps_rollup").read_text()
        except (FileNotFoundError, ProcessLookupError):
            continue
        total += sum(
            int(line.split()[1]) * 1024
            for line in rollup.splitlines()
            if line.startswith("Pss:")
        )
    return total


@dataclass(frozen=True)
class _Mark:
    """What a process says of itself: ``main`` is the pid of its service."""

    process: psutil.Process
    main: int
    digest: str
    stop_wave: int
    service: str
    root: str


def _marks() -> Iterable[_Mark]:
    """The marks of all marked processes."""
    prefix = f"{_MARK}=".encode()
    for pid in psutil.pids():
        try:
            environment = Path(f"/proc/{pid}/environ").read_bytes()
            if prefix not in environment:
                continue
            process = psutil.Process(pid)
        except (OSError, psutil.NoSuchProcess):
            continue  # gone, or another's, even for root in a container
        for entry in environment.split(b"\0"):
            if entry.startswith(prefix) and is_alive(process):
                mark = entry[len(prefix) :].decode()
                main, digest, wave, service, root = mark.split(":", 4)
                # There is no number yet in the moment before the service is run.
                number = int(main or pid)
                yield _Mark(process, number, digest, int(wave), service, root)


def _group(marks: Iterable[_Mark]) -> dict[str, Running]:
    members: defaultdict[str, list[_Mark]] = defaultdict(list)
    for mark in marks:
        members[mark.service].append(mark)
    found = {}
    for service, group in members.items():
        main = next((mark for mark in group if mark.main == mark.process.pid), None)
        found[service] = Running(
            service,
            digest=main.digest if main else "",
            stop_wave=group[0].stop_wave,
            main=main.process if main else None,
            processes=tuple(mark.process for mark in group),
        )
    return found


def _signal(process: psutil.Process, number: signal.Signals) -> None:
    try:
        process.send_signal(number)
    except psutil.NoSuchProcess:
        pass


def _wait(processes: Collection[psutil.Process], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while any(map(is_alive, processes)) and time.monotonic() < deadline:
        time.sleep(_STOP_POLL_SECONDS)
