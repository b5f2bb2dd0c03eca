# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Messages, in which a pod's Cinder tells a user what went wrong."""

from tricircle.gateway.places import holds
from tricircle.gateway.spec import Action, Pagination, Resource, Strategy

_MESSAGE = holds(links="links")

MESSAGE = Resource(
    type="message",
    show="/messages/{}",
    routed=False,
    bodies={"message": _MESSAGE, "messages": _MESSAGE},
    actions=(
        Action(
            path="/messages",
            methods=("GET",),
            strategy=Strategy.BROADCAST,
            pagination=Pagination(
                key="messages", detail="/messages", since=(3, 5), zone=""
            ),
        ),
        Action(
            path="/messages/{message}",
            methods=("GET", "DELETE"),
            strategy=Strategy.SOUGHT,
        ),
    ),
)
