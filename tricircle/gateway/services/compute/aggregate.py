# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Aggregates: the central region's, one of them for each pod; and the pods' own."""

from tricircle.gateway.places import holds
from tricircle.gateway.spec import Action, Resource, Strategy

_AGGREGATE = holds(
    number="id", host="hosts[]", zone="availability_zone metadata.availability_zone"
)

AGGREGATE = Resource(
    type="aggregate",
    bodies={"aggregate": _AGGREGATE, "aggregates": _AGGREGATE},
    actions=(
        Action(path="/os-aggregates", methods=("GET",), strategy=Strategy.HOSTED),
        Action(path="/os-aggregates", methods=("POST",), strategy=Strategy.CENTRAL),
        Action(
            path="/os-aggregates/{aggregate}",
            methods=("GET", "PUT", "DELETE"),
            strategy=Strategy.HOSTED,
            request=holds(zone="aggregate.availability_zone"),
        ),
        Action(
            path="/os-aggregates/{aggregate}/action",
            methods=("POST",),
            strategy=Strategy.HOSTED,
            request=holds(host="add_host.host remove_host.host"),
        ),
        Action(
            path="/os-aggregates/{aggregate}/images",
            methods=("POST",),
            strategy=Strategy.HOSTED,
            # It is read, for each twin is told the same.
            request=holds(host="host"),
        ),
    ),
)
