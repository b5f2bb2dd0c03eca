# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Limits: the central region's, with what is used in the pods."""

from tricircle.gateway.places import place
from tricircle.gateway.spec import Action, Resource, Strategy, Sum

LIMITS = Resource(
    type="limits",
    actions=(
        Action(
            path="/limits",
            methods=("GET",),
            strategy=Strategy.SUMMED,
            sum=Sum(
                at=(
                    place("limits.absolute.totalCoresUsed"),
                    place("limits.absolute.totalInstancesUsed"),
                    place("limits.absolute.totalRAMUsed"),
                )
            ),
        ),
    ),
)
