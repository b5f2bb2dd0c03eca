# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""What Nova passes on to Neutron, Glance and Ironic, up to 2.35: global, so central."""

from tricircle.gateway.places import holds
from tricircle.gateway.spec import Action, Resource, Strategy

_IMAGE = holds(links="links")
_NOUNS = (
    "os-baremetal-nodes",
    "os-floating-ip-pools",
    "os-floating-ips",
    "os-networks",
    "os-security-group-rules",
    "os-security-groups",
    "os-tenant-networks",
)

PROXY = Resource(
    type="proxy",
    bodies={"image": _IMAGE, "images": _IMAGE},
    actions=(
        *(
            Action(path=f"/{noun}{below}", strategy=Strategy.CENTRAL)
            for noun in (*_NOUNS, "images")
            for below in ("", "/**")
        ),
    ),
)
