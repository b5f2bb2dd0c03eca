# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
from collections.abc import Iterator

import pytest

from tests.functional.client.shell import Shell, opened


@pytest.fixture
def shell() -> Iterator[Shell]:
    with opened() as one:
        yield one
