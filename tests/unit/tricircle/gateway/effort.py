# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""How long tests look for what breaks a rule: seconds, but for ``make fuzz``."""

import os

from hypothesis import HealthCheck, settings


def effort(usual: int, each: int = 1) -> settings:
    """As many inputs as ``EXAMPLES`` in the environment says, or ``usual`` examples.

    An example has ``each`` inputs.
    """
    told = int(os.environ.get("EXAMPLES") or 0)
    return settings(
        max_examples=-(-told // each) or usual,
        deadline=None,
        database=None,
        print_blob=True,
        suppress_health_check=list(HealthCheck),
    )
