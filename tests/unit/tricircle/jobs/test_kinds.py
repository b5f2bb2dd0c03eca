# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors

from collections.abc import Iterable
from pathlib import Path

import pytest

from tricircle.db.models import Job
from tricircle.jobs.errors import KindUnusable
from tricircle.jobs.kinds import GROUP, Context, Handler, Wish, audited, load
from tricircle.jobs.lease import Lease


class Quiet(Handler):
    def reconcile(self, job: Job, lease: Lease, context: Context) -> None:
        return None


class Watchful(Quiet):
    def audit(self, context: Context) -> Iterable[Wish]:
        yield Wish("quiet", "r1", None, "p1")


MODULE = """
from tricircle.jobs.kinds import Handler

class Good(Handler):
    def reconcile(self, job, lease, context):
        pass

class NoHandler:
    pass
"""


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> "Install":
    monkeypatch.syspath_prepend(tmp_path)
    return Install(tmp_path)


class Install:
    """Installs a package with one entry point, as pip would."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __call__(self, kind: str, value: str) -> None:
        (self.path / "installed_kinds.py").write_text(MODULE)
        about = self.path / "installed-1.dist-info"
        about.mkdir()
        (about / "METADATA").write_text(
            "Metadata-Version: 2.1\nName: installed\nVersion: 1\n"
        )
        (about / "entry_points.txt").write_text(f"[{GROUP}]\n{kind} = {value}\n")


def test_a_kind_is_an_entry_point(install: Install) -> None:
    install("good", "installed_kinds:Good")
    assert type(load()["good"]).__name__ == "Good"


@pytest.mark.parametrize(
    ("kind", "value", "complaint"),
    [
        ("bad", "installed_kinds:NoHandler", "bad = .* is no subclass of Handler"),
        ("bad", "installed_kinds:Missing", "bad = .* can't be loaded: .*Missing"),
        ("bad", "no_such_module:Good", "bad = .* can't be loaded: .*no_such_module"),
        ("k" * 33, "installed_kinds:Good", "at most 32 characters"),
    ],
)
def test_an_unusable_kind_is_named(
    install: Install, kind: str, value: str, complaint: str
) -> None:
    install(kind, value)
    with pytest.raises(KindUnusable, match=complaint):
        load()


def test_only_kinds_that_define_an_audit_are_audited() -> None:
    assert audited({"quiet": Quiet(), "watchful": Watchful()}) == ["watchful"]
