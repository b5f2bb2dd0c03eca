# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""``python -m lab``."""

import sys

from lab.cli import main

sys.exit(main())
