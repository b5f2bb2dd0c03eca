# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Tempest, OpenStack's integration tests, against a region of the lab.

Against a pod it speaks with the pod's own APIs. Against the central region it uses
what users find there, so that what is installed on the lab is tested, and what passes
on a pod directly is to pass there, too.

::

    fixtures (what Tempest expects to find there) -> conf (pure: tempest.conf)
                                                       |
    web (files to import images from)                  v
    results (pure: outcomes, compared with the baseline) <- runner (runs it)

What a run leaves is in ``.lab/tempest/REGION``: tempest.conf, results.txt, and the
details of each test in stestr's repository (``stestr last`` there).

The baselines are ``tests/tempest/SUITE-direct.txt``. To renew one after a change
that is meant: ``python -m lab tempest POD --record``, and commit the file. Beside it,
``SUITE-differences.txt`` has the tests that may end otherwise in the central region,
each with its reason.
"""

import fcntl
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from lab.config.ini import render
from lab.config.sections import Site
from lab.control import Lab
from lab.credentials import Credentials, write_private
from lab.errors import PreflightError
from lab.install import install_release
from lab.paths import SOURCE
from lab.tempest import fixtures, results, web
from lab.tempest.conf import Workspace, tempest_conf
from lab.tempest.runner import Runner
from lab.topology import Port

BASELINES = SOURCE / "tests" / "tempest"


def run(
    lab: Lab,
    region: str,
    *,
    suite: str = "smoke",
    regex: str = "",
    concurrency: int = 2,
    record: bool = False,
) -> int:
    """Run a suite on a region and compare the outcomes with the suite's baseline.

    ``regex`` chooses some of the suite's tests. ``record`` makes the outcomes the
    baseline, which is a pod's: PreflightError for the central region. Returns 0 if
    nothing is worse than in the baseline or it was recorded, else 1. LabError if
    Tempest can't be run at all.
    """
    topology = lab.topology
    chosen = topology.region(region)
    if record and chosen == topology.central:
        raise PreflightError("the baseline is what passes on a pod: say one")
    site = Site(topology, chosen, lab.paths, Credentials(lab.paths.credentials))
    workspace = Workspace(lab.paths.root / "tempest" / site.region.slug)
    install_release("tempest", lab.paths)
    with _alone(workspace):
        conf = tempest_conf(site, fixtures.prepare(site), workspace)
        write_private(workspace.conf, render(conf))
        runner = Runner(lab.paths, workspace, log=f"{site.region.slug}-tempest")
        tests = runner.select(suite, regex)
        with web.serving(workspace.web, site.central.address, Port.IMPORTED_IMAGES):
            outcomes = runner.run(tests, concurrency)
    workspace.results.write_text(results.dump(outcomes))
    if record:
        return _record(suite, outcomes, whole=not regex)
    excused = () if site.pod else _differences(suite)
    return _judge(suite, outcomes, excused, whole=not regex)


def _judge(
    suite: str, outcomes: results.Results, excused: Collection[str], *, whole: bool
) -> int:
    """Print how the outcomes compare with the baseline; the exit status."""
    comparison = results.compare(_baseline(suite), outcomes, excused, whole=whole)
    print(results.report(outcomes, comparison), end="")
    return 1 if comparison.losses else 0


def _record(suite: str, outcomes: results.Results, *, whole: bool) -> int:
    """Make the outcomes the baseline; the exit status."""
    known = _baseline(suite)
    print(results.report(outcomes, results.compare(known, outcomes, whole=whole)))
    kept = {} if whole else known
    file = _file(suite, "direct")
    file.write_text(results.dump(kept | outcomes, heading=_heading(suite)))
    print(f"recorded in {file}")
    return 0


def _baseline(suite: str) -> results.Results:
    file = _file(suite, "direct")
    return results.load(file.read_text()) if file.exists() else {}


def _differences(suite: str) -> Collection[str]:
    file = _file(suite, "differences")
    return results.load(file.read_text()).keys() if file.exists() else ()


def _file(suite: str, what: str) -> Path:
    return BASELINES / f"{suite}-{what}.txt"


def _heading(suite: str) -> str:
    return (
        f"Tempest's {suite} tests, run against a pod of the lab directly.\n"
        f"Renewed by: python -m lab tempest POD --suite {suite} --record"
    )


@contextmanager
def _alone(workspace: Workspace) -> Iterator[None]:
    """Let one Tempest at a time use the workspace; PreflightError for another."""
    workspace.root.mkdir(parents=True, exist_ok=True)
    with (workspace.root / "lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise PreflightError(
                f"another Tempest is at work in {workspace.root}: wait for its end"
            ) from error
        yield
