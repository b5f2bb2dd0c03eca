# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Volume types: the central region's, copied to a pod before a volume needs one.

Cinder gives every copy an id of its own, so that names tell which is which.
"""

from tricircle.gateway.spec import Action, Mirror, Resource, Strategy

TYPE = Resource(
    type="volume_type",
    bodies={"volume_type": (), "volume_types": ()},
    actions=(
        Action(path="/types", methods=("GET", "POST"), strategy=Strategy.MIRRORED),
        Action(
            path="/types/{volume_type}",
            methods=("GET", "PUT", "DELETE"),
            strategy=Strategy.MIRRORED,
            mirror="volume_type",
        ),
        # Extra specs, access and the actions that change it, encryption.
        Action(path="/types/{volume_type}/**", strategy=Strategy.MIRRORED),
    ),
)

TYPE_MIRROR = Mirror(
    type="volume_type",
    key="volume_type",
    path="/types",
    version="3.0",
    copied=("name", "description", "os-volume-type-access:is_public", "extra_specs"),
    compared=(),  # a type in use cannot be deleted, so that a copy is only corrected
    twin="name",
    specs="extra_specs",
    with_qos=True,
    public="os-volume-type-access:is_public",
    grant=("addProjectAccess", "project"),
    missing=(404, "Volume type with name {} could not be found."),
)
