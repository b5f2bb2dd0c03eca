# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Outcomes of tests: read from a run, kept in a file, compared. Pure.

The file has a line a test, sorted: its id, a tab, ``success``, ``skip`` or
``fail``. It has no times, so that two equal runs give the same file.
"""

import csv
import re
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass

SUCCESS = "success"
SKIP = "skip"
FAIL = "fail"

#: Outcomes by the test's id.
Results = dict[str, str]

#: What subunit2csv calls them; all else is a failure.
_OUTCOMES = {"success": SUCCESS, "xfail": SUCCESS, "skip": SKIP}
_ATTRIBUTES = re.compile(r"\[[^\[\]]*\]$")
_CLASS_SETUP = re.compile(r"setUpClass \((?P<name>[\w.]+)\)")
_MISSING = "missing"


@dataclass(frozen=True)
class Change:
    """A test whose outcome is not the one that the baseline has."""

    test: str
    before: str
    now: str


@dataclass(frozen=True)
class Comparison:
    """What is worse and better than in the baseline, and what is worse by a reason.

    ``passed`` tests did in the baseline, of which ``pass_still`` do now; excused tests
    are counted, too.
    """

    losses: tuple[Change, ...]
    gains: tuple[Change, ...]
    excused: tuple[Change, ...]
    passed: int
    pass_still: int


def plain(test: str) -> str:
    """The id without its attributes, ``[id-...,smoke]``."""
    return _ATTRIBUTES.sub("", test)


def collect(table: str, selected: Iterable[str]) -> Results:
    """The outcome of each selected test, from the CSV of ``subunit2csv``.

    A class that is skipped, or fails, as a whole gives its outcome to its tests.
    A test without any outcome failed: its process did not live to report it.
    Failures that belong to no test (``tearDownClass``) keep an id of their own.
    """
    rows = {
        plain(row["test"]): _OUTCOMES.get(row["status"], FAIL)
        for row in csv.DictReader(table.splitlines())
    }
    classes = {
        match["name"]: outcome
        for test, outcome in rows.items()
        if (match := _CLASS_SETUP.fullmatch(test))
    }
    tests = [plain(test) for test in selected]
    found = {
        test: rows.get(test) or classes.get(test.rpartition(".")[0], FAIL)
        for test in tests
    }
    return found | {
        test: outcome
        for test, outcome in rows.items()
        if outcome == FAIL and not _CLASS_SETUP.fullmatch(test)
    }


def dump(results: Results, heading: str = "") -> str:
    """The file's text; ``heading`` becomes a comment at its top."""
    comments = [f"# {line}" for line in heading.splitlines()]
    lines = [f"{test}\t{outcome}" for test, outcome in sorted(results.items())]
    return "".join(f"{line}\n" for line in comments + lines)


def load(text: str) -> Results:
    """The outcomes of a file's text."""
    lines = (line for line in text.splitlines() if line and line[0] != "#")
    return dict(line.split("\t", 1) for line in lines)


def compare(
    baseline: Results,
    results: Results,
    excused: Collection[str] = (),
    *,
    whole: bool,
) -> Comparison:
    """What changed since the baseline.

    A loss: what passed does not pass any more, or is not there (in a run of the
    ``whole`` suite); what fails did not fail. An ``excused`` test's is none. A gain:
    what passes did not.
    """
    tests = baseline.keys() | results.keys() if whole else results.keys()
    changes = [
        Change(test, baseline.get(test, _MISSING), results.get(test, _MISSING))
        for test in sorted(tests)
        if baseline.get(test) != results.get(test)
    ]
    worse = [
        change for change in changes if change.before == SUCCESS or change.now == FAIL
    ]
    passed = [test for test in tests if baseline.get(test) == SUCCESS]
    return Comparison(
        losses=tuple(change for change in worse if change.test not in excused),
        gains=tuple(change for change in changes if change.now == SUCCESS),
        excused=tuple(change for change in worse if change.test in excused),
        passed=len(passed),
        pass_still=sum(results.get(test) == SUCCESS for test in passed),
    )


def report(results: Results, comparison: Comparison) -> str:
    """What a person wants to know of a run: counts, failures, changes."""
    counts = Counter(results.values())
    lines = [
        f"{len(results)} tests: {counts[SUCCESS]} passed, {counts[SKIP]} skipped, "
        f"{counts[FAIL]} failed"
    ]
    if comparison.passed:
        share = comparison.pass_still / comparison.passed
        lines.append(
            f"{comparison.pass_still} of the {comparison.passed} that pass in the "
            f"baseline pass: {share:.1%}"
        )
    lines += _lines("LOST", comparison.losses)
    lines += _lines("differs, as documented", comparison.excused)
    lines += _lines("gained", comparison.gains)
    lost = {change.test for change in comparison.losses + comparison.excused}
    lines += [
        f"fails, as in the baseline: {test}"
        for test, outcome in sorted(results.items())
        if outcome == FAIL and test not in lost
    ]
    return "".join(f"{line}\n" for line in lines)


def _lines(word: str, changes: Iterable[Change]) -> list[str]:
    return [
        f"{word}: {change.test} ({change.before} -> {change.now})" for change in changes
    ]
