# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""What can keep the benchmark from being done."""


class BenchError(Exception):
    """It cannot go on; the text says why, and is all that the user is shown."""
