# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Glance's content: two small images that anyone may boot.

Nothing in them is executed, for a namespace plays the server; but they have a
real content, so that volumes made from them can be compared with it.
"""

import random

from lab import identity
from lab.config.sections import Site

NAMES = ("lab", "lab-alt")
_SIZE = 1 << 20


def populate(site: Site) -> None:
    """Upload the images that are missing."""
    cloud = identity.connect(site, site.central)
    for name in NAMES:
        image = cloud.image.find_image(name)
        if image is not None and image.status == "active":
            continue
        if image is not None:
            cloud.image.delete_image(image)
        cloud.create_image(
            name,
            container_format="bare",
            disk_format="raw",
            visibility="public",
            data=random.Random(name).randbytes(_SIZE),  # noqa: S311 (a filling)
            wait=True,
        )
