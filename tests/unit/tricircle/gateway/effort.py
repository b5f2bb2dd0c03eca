# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""How long tests look for what breaks a rule: seconds, but for ``make fuzz``."""

import os

from hypothesis import HealthCheck, settings


def effort(usual: int) -> settings:
    """As many examples as ``EXAMPLES`` in the environment says, or as is usual."""
    return settings(
        max_examples=int(os.environ.get("EXAMPLES") or usual),
        deadline=None,
        database=None,
        print_blob=True,
        suppress_health_check=list(HealthCheck),
    )
