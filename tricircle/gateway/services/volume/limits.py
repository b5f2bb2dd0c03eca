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
                    place("limits.absolute.totalVolumesUsed"),
                    place("limits.absolute.totalGigabytesUsed"),
                    place("limits.absolute.totalSnapshotsUsed"),
                    place("limits.absolute.totalBackupsUsed"),
                    place("limits.absolute.totalBackupGigabytesUsed"),
                )
            ),
        ),
    ),
)
