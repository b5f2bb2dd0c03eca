# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Each file in ``gabbits`` is a story, told to the API in its order.

Not by gabbi's own plugin for pytest: that takes every test of a session for its own
whose id has a colon in it.
"""

from pathlib import Path
from unittest import TestLoader, TestResult, TestSuite

import pytest
from gabbi import driver

from tests.functional.admin import stories

GABBITS = Path(__file__).with_name("gabbits")


def story(path: Path) -> TestSuite:
    """The tests of a file, which share what it begins with."""
    found: list[TestSuite] = [
        suite
        for suite in driver.build_tests(
            str(GABBITS),
            TestLoader(),
            intercept=stories.app,
            fixture_module=stories,
            test_loader_name="story",
        )
        if type(next(iter(suite))).__name__.startswith(f"{path.stem}_")
    ]
    (only,) = found
    return only


@pytest.mark.parametrize(
    "path", sorted(GABBITS.glob("*.yaml")), ids=lambda path: path.stem
)
def test_a_story(path: Path) -> None:
    result = TestResult()
    story(path).run(result)
    assert result.testsRun > 1
    told = [f"{test}\n{trace}" for test, trace in result.failures + result.errors]
    assert not told, "\n".join(told)
