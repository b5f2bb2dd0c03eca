# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Flavors: the central region's, copied to a pod before a server there needs one."""

from tricircle.gateway.places import holds
from tricircle.gateway.spec import Action, Mirror, Resource, Strategy

_FLAVOR = holds(links="links")

FLAVOR = Resource(
    type="flavor",
    bodies={"flavor": _FLAVOR, "flavors": _FLAVOR},
    actions=(
        Action(path="/flavors", methods=("GET", "POST"), strategy=Strategy.MIRRORED),
        Action(path="/flavors/detail", methods=("GET",), strategy=Strategy.MIRRORED),
        Action(
            path="/flavors/{flavor}",
            methods=("GET", "PUT", "DELETE"),
            strategy=Strategy.MIRRORED,
            mirror="flavor",
        ),
        # Extra specs, access, and the actions that change it.
        Action(path="/flavors/{flavor}/**", strategy=Strategy.MIRRORED),
    ),
)

_SHAPE = (
    "ram",
    "vcpus",
    "disk",
    "swap",
    "OS-FLV-EXT-DATA:ephemeral",
    "rxtx_factor",
    "os-flavor-access:is_public",
)

FLAVOR_MIRROR = Mirror(
    type="flavor",
    key="flavor",
    path="/flavors",
    # The first in which a flavor is shown with its extra specs; 2018, so every pod's.
    version="2.61",
    copied=("id", "name", *_SHAPE, "description"),
    compared=("name", *_SHAPE),
    specs="os-extra_specs",
    public="os-flavor-access:is_public",
    grant=("addTenantAccess", "tenant"),
    missing=(400, "Flavor {} could not be found."),
)
