# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""The gateway, as it is installed, over a database of the benchmark's."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.addresses import HOST, free_ports, origin
from bench.processes import running
from bench.server import Started
from bench.stage import Stage


@contextmanager
def run(stage: Stage, name: str, data: Path, workers: int) -> Iterator[Started]:
    """Begin to run ``tricircle-gateway``."""
    compute, volume, metrics = free_ports(3)
    file = stage.directory / f"gateway-{name}.conf"
    text = configuration(stage.keystone, data, compute, volume, workers)
    if workers == 1:  # each has a port of its own for that
        text += f"metrics_port = {metrics}\n"
    access = stage.directory / f"gateway-{name}-access.log"
    file.write_text(f"{text}access_log = {access}\n")
    program = Path(sys.executable).with_name("tricircle-gateway")
    words: list[str | Path] = [program, "--config-file", file]
    log = stage.log(f"gateway-{name}")
    with running(words, log, has_children=workers > 1) as process:
        yield Started(process, compute, log)


def configuration(
    keystone: int, data: Path, compute: int, volume: int, workers: int
) -> str:
    """What it reads: addresses and a login. Its last section is the gateway's own."""
    return f"""[database]
connection = sqlite:///{data}
[keystone]
auth_type = v3password
auth_url = {origin(keystone)}/v3
username = bench
password = bench
project_name = bench
user_domain_id = default
project_domain_id = default
[gateway]
bind_host = {HOST}
compute_port = {compute}
volume_port = {volume}
workers = {workers}
"""
