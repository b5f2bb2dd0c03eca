# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""What the user types: ``python -m lab COMMAND``."""

import argparse
import signal
import sys
from pathlib import Path

from rich.console import Console

from lab import choice, control, inspection, tempest
from lab.errors import LabError
from lab.paths import SOURCE, Paths


def parser() -> argparse.ArgumentParser:
    """The command line's grammar."""
    top = argparse.ArgumentParser(prog="lab", description=__doc__)
    top.add_argument(
        "--topology",
        default="",
        help=f"what to run: {', '.join(choice.names())}, or a file "
        "(default: what ran last)",
    )
    top.add_argument(
        "--root",
        type=Path,
        default=SOURCE / ".lab",
        help="where the lab's data are (default: %(default)s)",
    )
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    commands.add_parser("up", help="start what does not run; heal what died")
    commands.add_parser("down", help="stop the lab; data stay")
    commands.add_parser("clean", help="stop the lab and remove all that it made")
    commands.add_parser("status", help="show what runs and what is broken")
    logs = commands.add_parser("logs", help="show a service's log")
    logs.add_argument("service")
    logs.add_argument("--follow", action="store_true", help="go on as the log grows")
    execute = commands.add_parser("exec", help="run a command inside a server")
    execute.add_argument("server", help="the server's name or id")
    execute.add_argument("line", help="the command, as a shell would take it")
    cycle = commands.add_parser("cycle", help="stop and start again and again")
    cycle.add_argument("--count", type=int, default=10)
    idle = commands.add_parser("idle", help="measure the CPU that the lab uses")
    idle.add_argument("--seconds", type=float, default=60)
    suite = commands.add_parser("tempest", help="run Tempest on a region")
    suite.add_argument("region", help="a pod, or the central region")
    suite.add_argument("--suite", default="smoke", help="smoke (default), full, ...")
    suite.add_argument("--regex", default="", help="only these tests of the suite")
    suite.add_argument("--concurrency", type=int, default=2)
    suite.add_argument("--record", action="store_true", help="make it the baseline")
    return top


def main() -> int:
    """Run a command; errors are one message on standard error."""
    options = parser().parse_args()
    for number in (signal.SIGINT, signal.SIGTERM):
        # Said outright: shells start background commands with SIGINT ignored.
        signal.signal(number, _interrupt)
    lab = control.Lab(Paths(options.root.resolve()), options.topology)
    try:
        return _run(lab, options)
    except LabError as error:
        Console(stderr=True, highlight=False, soft_wrap=True).print(
            f"lab: {error}", style="red", markup=False
        )
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("lab: interrupted\n")
        return 130


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def _run(lab: control.Lab, options: argparse.Namespace) -> int:
    match options.command:
        case "up":
            lab.up()
        case "down":
            lab.down()
        case "clean":
            lab.clean()
        case "cycle":
            lab.cycle(options.count)
        case "status":
            return inspection.status(lab)
        case "logs":
            return inspection.logs(lab, options.service, follow=options.follow)
        case "exec":
            return inspection.execute(lab, options.server, options.line)
        case "tempest":
            return tempest.run(
                lab,
                options.region,
                suite=options.suite,
                regex=options.regex,
                concurrency=options.concurrency,
                record=options.record,
            )
        case "idle":
            return inspection.idle(lab, options.seconds)
    return 0
