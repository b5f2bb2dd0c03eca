# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Tempest, OpenStack's integration tests, against a pod of the lab directly.

::

    fixtures (what Tempest expects to find in the pod) -> conf (pure: tempest.conf)
                                                            |
    web (files to import images from)                       v
    results (pure: outcomes, compared with the baseline) <- runner (runs it)

What a run leaves is in ``.lab/tempest/POD``: tempest.conf, results.txt, and the
details of each test in stestr's repository (``stestr last`` there).

The baselines are ``tests/tempest/SUITE-direct.txt``. To renew one after a change
that is meant: ``python -m lab tempest POD --record``, and commit the file.
"""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager

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
    pod: str,
    *,
    suite: str = "smoke",
    regex: str = "",
    concurrency: int = 2,
    record: bool = False,
) -> int:
    """Run a suite on a pod and compare the outcomes with the suite's baseline.

    ``regex`` chooses some of the suite's tests. ``record`` makes the outcomes
    the baseline. Returns 0 if nothing is worse than in the baseline or it was
    recorded, else 1. LabError if Tempest can't be run at all.
    """
    topology = lab.topology
    site = Site(
        topology, topology.pod(pod), lab.paths, Credentials(lab.paths.credentials)
    )
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
    return _judge(suite, outcomes, whole=not regex, record=record)


def _judge(suite: str, outcomes: results.Results, *, whole: bool, record: bool) -> int:
    """Print how the outcomes compare with the baseline; the exit status."""
    baseline = BASELINES / f"{suite}-direct.txt"
    known = results.load(baseline.read_text()) if baseline.exists() else {}
    comparison = results.compare(known, outcomes, whole=whole)
    print(results.report(outcomes, comparison), end="")
    if record:
        kept = {} if whole else known
        baseline.write_text(results.dump(kept | outcomes, heading=_heading(suite)))
        print(f"recorded in {baseline}")
        return 0
    return 1 if comparison.losses else 0


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
