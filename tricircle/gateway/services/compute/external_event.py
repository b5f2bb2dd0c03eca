# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""External events: other services tell Nova what became of servers' parts."""

from tricircle.gateway.places import holds
from tricircle.gateway.spec import Action, Resource, Strategy

EXTERNAL_EVENT = Resource(
    type="server",
    # The tag is a port's id in the events about networks. Ids that are none stay.
    bodies={"events": holds(port="tag")},
    actions=(
        Action(
            path="/os-server-external-events",
            methods=("POST",),
            strategy=Strategy.SPLIT,
            splits=("events", "server_uuid"),
            request=holds(port="events[].tag"),
        ),
    ),
)
