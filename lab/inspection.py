# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Looking at the lab: what runs, logs, commands inside servers."""

import shlex
import subprocess
import time
from collections.abc import Iterable
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

from lab import choice
from lab.control import Lab
from lab.errors import LabError
from lab.processes import Running, find, is_alive, proportional_memory
from lab.shell import tail
from tricircle_lab.guest import Guests

_MIB = 1 << 20
_LOG_LINES = 100


@dataclass(frozen=True)
class Usage:
    """What a service uses: PSS in bytes, CPU since its start in seconds."""

    memory: int
    cpu: float
    age: float


def status(lab: Lab) -> int:
    """Print a table of the services; 1 if one that should run does not."""
    found = find(lab.paths.root)
    wanted = {service.name: service for service in lab.plan().services()}
    table = Table(box=None, header_style="bold")
    for column in ("service", "state", "pid"):
        table.add_column(column)
    for column in ("PSS MiB", "CPU s", "up min"):
        table.add_column(column, justify="right")
    broken, total = [], 0
    for name in sorted({*wanted, *found}):
        running = found.get(name)
        if running is None or running.main is None:
            broken.append(name)
            table.add_row(name, "[red]dead[/]" if found else "stopped", "-", "", "", "")
            continue
        used = usage(running)
        total += used.memory
        state = "[green]runs[/]" if name in wanted else "[yellow]not wanted[/]"
        table.add_row(
            name,
            state,
            str(running.main.pid),
            f"{used.memory / _MIB:.0f}",
            f"{used.cpu:.1f}",
            f"{used.age / 60:.0f}",
        )
    console = Console(highlight=False)
    console.print(table)
    summary = _summary(lab, len(wanted), broken, total, running=bool(found))
    console.print(summary, soft_wrap=True)
    return 1 if broken else 0


def _summary(
    lab: Lab, wanted: int, broken: list[str], memory: int, *, running: bool
) -> str:
    start = "make lab"
    if lab.topology_name != choice.DEFAULT:
        start += f" TOPOLOGY={lab.topology_name}"
    if not running:
        return f"The lab is stopped: `{start}` starts it."
    if broken:
        return (
            f"{len(broken)} of {wanted} services are dead: {', '.join(broken)}. "
            f"`{start}` starts them again, `make lab-logs SERVICE=...` tells why."
        )
    return (
        f"{wanted} services run, {memory / (1 << 30):.2f} GiB PSS together; the "
        f"topology is `{lab.topology_name}`."
    )


def usage(running: Running) -> Usage:
    """What a service's processes use."""
    cpu, oldest = 0.0, time.time()
    for process in running.processes:
        if is_alive(process):
            times = process.cpu_times()
            cpu += times.user + times.system
            oldest = min(oldest, process.create_time())
    memory = proportional_memory(running.processes)
    return Usage(memory, cpu, time.time() - oldest)


def idle(lab: Lab, seconds: float) -> int:
    """Print the CPU that all services together use within some seconds."""
    before = _cpu(find(lab.paths.root).values())
    time.sleep(seconds)
    after = _cpu(find(lab.paths.root).values())
    used = {name: after[name] - before.get(name, 0.0) for name in after}
    console = Console(highlight=False)
    for name, cpu in sorted(used.items(), key=lambda item: -item[1])[:10]:
        console.print(f"{name:32} {100 * cpu / seconds:5.1f} % of a core")
    console.print(f"{'all':32} {100 * sum(used.values()) / seconds:5.1f} % of a core")
    return 0


def _cpu(services: Iterable[Running]) -> dict[str, float]:
    return {running.name: usage(running).cpu for running in services}


def logs(lab: Lab, service: str, *, follow: bool) -> int:
    """Print the end of a service's log, and on request what it grows by."""
    log = lab.paths.log_file(service)
    if not log.exists():
        known = sorted(path.stem for path in lab.paths.log.glob("*.log"))
        listing = ", ".join(known) or "none; the lab has never run"
        raise LabError(f"no log is called {service!r}; there are: {listing}")
    if follow:
        return subprocess.run(
            ["tail", f"--lines={_LOG_LINES}", "--follow=name", log], check=False
        ).returncode
    print(tail(log, _LOG_LINES))
    return 0


def execute(lab: Lab, server: str, line: str) -> int:
    """Run a command inside a server, by its name or id; returns its exit status."""
    records = Guests(lab.paths.run).list()
    chosen = [record for record in records if server in (record.uuid, record.name)]
    if not chosen:
        known = ", ".join(sorted(record.name for record in records)) or "none"
        raise LabError(f"no server that runs is called {server!r}; there are: {known}")
    if len(chosen) > 1:
        listing = ", ".join(f"{record.uuid} in {record.host.pod}" for record in chosen)
        raise LabError(f"several servers are called {server!r}, say the id: {listing}")
    command = ["ip", "netns", "exec", chosen[0].namespace, *shlex.split(line)]
    return subprocess.run(command, check=False).returncode
