# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Every strategy does what its golden files say."""

from pathlib import Path

import pytest

from tests.unit.tricircle.gateway.play import play

GOLDEN = Path(__file__).parents[3] / "golden" / "gateway"
FILES = sorted(GOLDEN.rglob("*.yaml"))


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(GOLDEN)))
def test_a_golden_file_is_followed(path: Path) -> None:
    expected, happened = play(path)
    assert happened["steps"] == expected["steps"]
    assert happened["answer"] == expected["answer"]


def test_every_strategy_has_a_golden_file() -> None:
    strategies = Path("tricircle/gateway/strategies").resolve()
    assert {path.parent.name for path in FILES} == {
        path.name for path in GOLDEN.iterdir() if path.is_dir()
    }
    assert strategies.is_dir()
