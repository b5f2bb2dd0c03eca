# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Aggregates: the central region's, one of them for each pod."""

from tricircle.gateway.spec import Action, Resource, Strategy

AGGREGATE = Resource(
    type="aggregate",
    actions=(
        Action(
            path="/os-aggregates", methods=("GET", "POST"), strategy=Strategy.CENTRAL
        ),
        Action(path="/os-aggregates/{aggregate}/**", strategy=Strategy.CENTRAL),
        Action(
            path="/os-aggregates/{aggregate}",
            methods=("GET", "PUT", "DELETE"),
            strategy=Strategy.CENTRAL,
        ),
    ),
)
