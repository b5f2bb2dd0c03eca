# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Server groups: not over pods yet, so that none can be made."""

from tricircle.gateway.spec import Action, Resource, Strategy

SERVER_GROUP = Resource(
    type="server_group",
    actions=(
        Action(path="/os-server-groups", methods=("GET",), strategy=Strategy.CENTRAL),
        Action(
            path="/os-server-groups",
            methods=("POST",),
            strategy=Strategy.REFUSED,
            refusal=(
                "Server groups are not offered yet: to keep servers apart, boot them "
                "in different availability zones."
            ),
        ),
        Action(
            path="/os-server-groups/{server_group}",
            methods=("GET", "DELETE"),
            strategy=Strategy.CENTRAL,
        ),
    ),
)
