# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Extensions: the list that clients read."""

from tricircle.gateway.spec import Action, Resource, Strategy

EXTENSION = Resource(
    type="extension",
    actions=(
        Action(path="/extensions", methods=("GET",), strategy=Strategy.CENTRAL),
        Action(
            path="/extensions/{extension}",
            methods=("GET",),
            strategy=Strategy.CENTRAL,
        ),
    ),
)
