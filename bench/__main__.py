# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""``python -m bench``: measure, print what came out, and judge it."""

import argparse
import fcntl
import signal
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic

from bench import installation, machine, report
from bench.book import Book
from bench.contenders import contenders
from bench.errors import BenchError
from bench.scenarios import Round, round_, warm_up
from bench.stage import stage

_DOCUMENT = installation.SOURCE / "doc" / "source" / "benchmarks.rst"


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure; return the exit status, 0 if all is as it is wanted to be."""
    options = _options(arguments)
    signal.signal(signal.SIGTERM, _interrupt)
    home = installation.home()
    where, when, begun = machine.describe(), datetime.now(UTC), monotonic()
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
    print(f"On {where}\n\n{report.screen(book)}")
    if options.write:
        made = report.Made("make bench WRITE=1", when, where, options.rounds)
        options.write.write_text(report.document(book, made))
        print(f"\n{options.write} is written")
    _say(f"it took {monotonic() - begun:.0f} s")
    failed = [one for one in report.verdicts(book) if not one.passed]
    for one in failed:
        _say(f"{one.figure.title}: {one.measured}, and {one.wanted} is wanted")
    return 1 if failed else 0


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
            warm_up(Round(Book(), scene.directory, 0, seconds), everyone)
            for number in range(rounds):
                _say(f"round {number + 1} of {rounds}")
                for error in round_(
                    Round(book, scene.directory, number, seconds), everyone
                ):
                    _say(f"left out: {error}")
    return book


def _say(text: str) -> None:
    print(f"bench: {text}", file=sys.stderr, flush=True)


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
