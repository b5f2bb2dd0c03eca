# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Types of groups: the central region's, copied to a pod before a group needs one."""

from tricircle.gateway.places import holds
from tricircle.gateway.spec import Action, Mirror, Resource, Strategy

_GROUP_TYPE = holds(links="links")

GROUP_TYPE = Resource(
    type="group_type",
    bodies={"group_type": _GROUP_TYPE, "group_types": _GROUP_TYPE},
    actions=(
        Action(
            path="/group_types", methods=("GET", "POST"), strategy=Strategy.MIRRORED
        ),
        Action(
            path="/group_types/{group_type}",
            methods=("GET", "PUT", "DELETE"),
            strategy=Strategy.MIRRORED,
            mirror="group_type",
        ),
        Action(path="/group_types/{group_type}/**", strategy=Strategy.MIRRORED),
    ),
)

GROUP_TYPE_MIRROR = Mirror(
    type="group_type",
    key="group_type",
    path="/group_types",
    version="3.11",
    copied=("name", "description", "is_public"),
    compared=(),
    twin="name",
    specs="group_specs",
    spec_key="group_specs",
    missing=(404, "Group type {} could not be found."),
)
