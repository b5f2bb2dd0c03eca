# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Running Tempest's own program, and reading what it recorded."""

import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from lab.errors import LabError
from lab.paths import Paths
from lab.shell import clean_environment, run
from lab.tempest.conf import Workspace
from lab.tempest.results import Results, collect, plain

#: Suite -> how Tempest is told which tests it has.
SUITES: dict[str, tuple[str, ...]] = {
    "smoke": ("--smoke",),
    "api": ("--regex", r"^tempest\.api\."),
    "network": ("--regex", r"^tempest\.(api\.network|scenario)\."),
    "full": (),
}
#: No test may take longer than this many seconds.
_TEST_TIMEOUT = 1200
_TEST = re.compile(r"tempest\.\S+")


class Runner:
    """Tempest in one workspace."""

    def __init__(self, paths: Paths, workspace: Workspace, log: str) -> None:
        """``log`` is the name of the log that the output goes to."""
        self._program = paths.bin("tempest", "tempest")
        self._stestr = paths.bin("tempest", "stestr")
        self._csv = paths.bin("tempest", "subunit2csv")
        self._workspace = workspace
        self._log = paths.log_file(log)

    def select(self, suite: str, regex: str = "") -> list[str]:
        """The tests of a suite, with attributes; of these, those that match.

        LabError if there is no such suite, no such test, or no valid regex.
        """
        if suite not in SUITES:
            raise LabError(f"no suite is called {suite!r}; there are {list(SUITES)}")
        try:
            wanted = re.compile(regex)
        except re.error as error:
            raise LabError(f"{regex!r} is not a regular expression: {error}") from error
        if not self._repository.exists():
            self._run(self._stestr, "init")
        listing = self._run(*self._command("--list-tests", *SUITES[suite]))
        tests = [line for line in listing.splitlines() if _TEST.fullmatch(line)]
        chosen = sorted(test for test in tests if wanted.search(plain(test)))
        if not chosen:
            raise LabError(f"no test of the suite {suite} matches {regex!r}")
        return chosen

    def run(self, tests: Sequence[str], concurrency: int) -> Results:
        """Run these tests, side by side; LabError if no result was recorded."""
        chosen = self._workspace.root / "tests.txt"
        chosen.write_text("".join(f"{test}\n" for test in tests))
        before = self._recorded()
        status = self._stream(
            self._command(f"--load-list={chosen}", f"--concurrency={concurrency}")
        )
        if self._recorded() == before:
            raise LabError(
                f"tempest ended with {status} and without results; see {self._log}"
            )
        return collect(self._last_results(), tests)

    def _last_results(self) -> str:
        """The last run's results, a CSV table."""
        stream = self._workspace.root / "last.subunit"
        stream.unlink(missing_ok=True)
        # Both end with 1 if a test failed. A stream is binary, hence the file.
        self._run(self._stestr, "last", "--subunit", log=stream, check=False)
        table = self._run(self._csv, "--no-passthrough", str(stream), check=False)
        if not table.startswith("test,status,"):
            raise LabError(f"{self._csv} can't read {stream}")
        return table

    @property
    def _repository(self) -> Path:
        return self._workspace.root / ".stestr"

    def _recorded(self) -> int:
        """How many runs stestr has recorded."""
        counter = self._repository / "next-stream"
        return int(counter.read_text()) if counter.exists() else 0

    def _command(self, *arguments: str) -> list[str]:
        return [
            self._program,
            "run",
            f"--config-file={self._workspace.conf}",
            *arguments,
        ]

    def _run(self, *command: str, log: Path | None = None, check: bool = True) -> str:
        """Run a command in the workspace, as :func:`lab.shell.run` does."""
        there = ["env", f"--chdir={self._workspace.root}"]
        return run([*there, *command], log=log, check=check)

    def _stream(self, command: Sequence[str]) -> int:
        """Run a command in the workspace; its output is shown, and logged.

        Returns its exit status.
        """
        environment = clean_environment(
            {
                "OS_TEST_TIMEOUT": str(_TEST_TIMEOUT),
                "PYTHONUNBUFFERED": "1",
                "no_proxy": "*",
            }
        )
        with (
            self._log.open("w") as log,
            subprocess.Popen(
                command,
                cwd=self._workspace.root,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
            ) as process,
        ):
            try:
                for line in process.stdout or ():
                    for sink in (sys.stdout, log):
                        sink.write(line)
                        sink.flush()
            except KeyboardInterrupt:
                process.communicate()  # it was interrupted, too: let it tidy up
                raise
        return process.returncode
