# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Placement of a pod."""

from lab.config import sections
from lab.config.ini import Ini
from lab.config.sections import Site


def placement(site: Site) -> Ini:
    """The content of placement.conf."""
    return {
        "placement_database": sections.database(site, "placement"),
        **sections.api(site, "placement"),
    }
