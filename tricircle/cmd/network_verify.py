# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""``tricircle-manage network verify``: what drifted, shown, and repaired if wished."""

import argparse
import json
import sys
from collections.abc import Mapping, Sequence

from oslo_config import cfg

from tricircle.conf import keystone as keystone_conf
from tricircle.conf import network as network_conf
from tricircle.db.engine import Database
from tricircle.db.errors import DatabaseError
from tricircle.network.interconnect.bridge import Ranges
from tricircle.network.reach import Patience, Reach
from tricircle.network.verify.drift import Drift
from tricircle.network.verify.repair import repair
from tricircle.network.verify.verifier import Verifier
from tricircle.pods.errors import PodNotFound
from tricircle.regions.errors import RegionsError
from tricircle.regions.network import NetworkClients, connect

_COLUMNS = ("pod", "kind", "resource_id", "pod_resource_id", "drift", "detail")


def register_opts(conf: cfg.ConfigOpts) -> None:
    """Register the sections that it reads."""
    keystone_conf.register_opts(conf)
    network_conf.register_opts(conf)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add what its command line takes."""
    parser.add_argument(
        "--project", metavar="<project-id>", help="look at one project's resources only"
    )
    parser.add_argument(
        "--repair",
        action="store_true",
        help="wish the jobs that mend it; workers do them soon",
    )
    parser.add_argument(
        "-f", "--format", choices=("table", "json"), default="table", help="of the list"
    )


def run(conf: cfg.ConfigOpts, database: Database) -> int:
    """Print what drifted; return 0 if nothing, 1 if something, 2 if it can't tell."""
    try:
        return verify(conf, database, connect(conf))
    except (DatabaseError, PodNotFound, RegionsError) as error:
        print(f"tricircle-manage: {error}", file=sys.stderr)
        return 2


def verify(conf: cfg.ConfigOpts, database: Database, clients: NetworkClients) -> int:
    """Do it with these clients. As ``run``; PodNotFound, RegionsError."""
    asked = conf.noun
    found = [*Verifier(conf, database, clients).verify(asked.project)]
    shown = [drift.shown() for drift in found]
    print(json.dumps(shown, indent=2) if asked.format == "json" else table(shown))
    if asked.repair:
        _repair(conf, database, clients, found)
    return 1 if found else 0


def _repair(
    conf: cfg.ConfigOpts,
    database: Database,
    clients: NetworkClients,
    found: Sequence[Drift],
) -> None:
    reach = Reach(database, clients, Patience.of(conf), ranges=Ranges.of(conf))
    wished = repair(reach, found)
    # Not where a program reads what was found.
    print(f"{wished} of {len(found)} are given to jobs", file=sys.stderr)


def table(shown: Sequence[Mapping[str, str | None]]) -> str:
    """Return the drift for people to read, a line each."""
    if not shown:
        return "the central region and the pods agree"
    rows = [_COLUMNS, *(tuple(one[name] or "-" for name in _COLUMNS) for one in shown)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)
