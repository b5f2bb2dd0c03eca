# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""The volume types that projects get by default: the central region's to say."""

from tricircle.gateway.spec import Action, Resource, Strategy

DEFAULT_TYPE = Resource(
    type="default_type",
    actions=(
        Action(path="/default-types", methods=("GET",), strategy=Strategy.CENTRAL),
        Action(
            path="/default-types/{project}",
            methods=("GET", "PUT", "DELETE"),
            strategy=Strategy.CENTRAL,
        ),
    ),
)
