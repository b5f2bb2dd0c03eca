# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""``python -m bench``: measure, and print what came out."""

import argparse
import fcntl
import os
import platform
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from bench import installation, report
from bench.book import Book
from bench.contenders import contenders
from bench.errors import BenchError
from bench.scenarios import Round, round_, warm_up
from bench.stage import stage

_WARMING = 5
"""Seconds of each: on a machine with much to do, a first create takes some."""
_DOCUMENT = installation.SOURCE / "doc" / "source" / "benchmarks.rst"


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure; return the exit status, 0 if it was done, whatever came out."""
    options = _options(arguments)
    signal.signal(signal.SIGTERM, _interrupt)
    home = installation.home()
    machine = _machine()
    try:
        with (home / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            book = _measure(options.rounds, options.seconds)
    except BlockingIOError:
        print("bench: it runs already", file=sys.stderr)
        return 1
    except BenchError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("bench: interrupted", file=sys.stderr)
        return 130
    print(f"{machine}\n\n{report.screen(book)}")
    if options.write:
        command = "make bench WRITE=1"
        text = report.document(book, command, machine, options.rounds)
        options.write.write_text(text)
        print(f"\n{options.write} is written")
    return 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--rounds", type=_count, default=3)
    parser.add_argument(
        "--seconds", type=_count, default=2, help="of each measurement of a round"
    )
    parser.add_argument(
        "--write",
        type=Path,
        nargs="?",
        const=_DOCUMENT,
        help=f"write the page of the documents: doc/source/{_DOCUMENT.name}, or a file",
    )
    return parser.parse_args(arguments)


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError(f"{number} is less than 1")
    return number


def _measure(rounds: int, seconds: int) -> Book:
    uwsgi = installation.uwsgi()
    book = Book()
    with stage(installation.HOME / "run", rounds) as scene:
        _say("starting everybody")
        with contenders(scene, uwsgi) as everyone:
            _say("warming up")
            warm_up(Round(Book(), scene.directory, 0, _WARMING), everyone)
            for number in range(rounds):
                _say(f"round {number + 1} of {rounds}")
                round_(Round(book, scene.directory, number, seconds), everyone)
    return book


def _say(text: str) -> None:
    print(f"bench: {text}", file=sys.stderr, flush=True)


def _machine() -> str:
    """Where it is measured, and what else the machine has to do before it begins."""
    nginx = subprocess.run(["nginx", "-v"], capture_output=True, text=True, check=False)
    version = nginx.stderr.strip().rpartition("/")[2]
    return (
        f"{os.cpu_count()} processors with a load of {os.getloadavg()[0]:.1f}, Linux"
        f" {platform.release().split('-')[0]}, Python"
        f" {platform.python_version()}, nginx {version}"
    )


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
