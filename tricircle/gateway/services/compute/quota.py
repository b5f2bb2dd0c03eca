# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Quotas: the central region's, with what is used in the pods."""

from tricircle.gateway.places import place
from tricircle.gateway.spec import Action, Floor, Resource, Strategy, Sum

QUOTA = Resource(
    type="quota",
    actions=(
        Action(
            path="/os-quota-sets/{project}",
            methods=("GET", "DELETE"),
            strategy=Strategy.CENTRAL,
        ),
        Action(
            path="/os-quota-sets/{project}",
            methods=("PUT",),
            strategy=Strategy.LIMITED,
            floor=Floor(
                below="/detail",
                words="Quota limit {limit} for {kind} must be greater than or equal to "
                "already used and reserved {used}.",
                forced=True,
            ),
        ),
        Action(
            path="/os-quota-sets/{project}/defaults",
            methods=("GET",),
            strategy=Strategy.CENTRAL,
        ),
        Action(
            path="/os-quota-sets/{project}/detail",
            methods=("GET",),
            strategy=Strategy.SUMMED,
            sum=Sum(
                at=(place("quota_set.*.in_use"), place("quota_set.*.reserved")),
            ),
        ),
        Action(
            path="/os-quota-class-sets/{quota_class}",
            methods=("GET", "PUT"),
            strategy=Strategy.CENTRAL,
        ),
    ),
)
