# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Keystone: the regions it knows."""

from urllib.parse import quote

from tricircle.regions.errors import NotThere, RegionNotFound
from tricircle.regions.service import Service


def check_region(keystone: Service, name: str) -> None:
    """Make sure that Keystone has a region of this name; RegionNotFound."""
    try:
        keystone.get(f"/regions/{quote(name, safe='')}")
    except NotThere as error:
        raise RegionNotFound(
            f"Keystone has no region {name}; `openstack region list` shows those that"
            " it has"
        ) from error
