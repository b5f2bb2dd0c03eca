# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Which filters lists take: as the central region is configured, so pods have to be."""

from tricircle.gateway.spec import Action, Resource, Strategy

RESOURCE_FILTER = Resource(
    type="resource_filter",
    actions=(
        Action(path="/resource_filters", methods=("GET",), strategy=Strategy.CENTRAL),
    ),
)
