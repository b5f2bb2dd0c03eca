# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Attachments: each lives where its volume does."""

from tricircle.gateway.places import names, place
from tricircle.gateway.spec import Action, Pagination, Resource, Strategy

ATTACHMENT = Resource(
    type="attachment",
    show="/attachments/{}",
    created=place("attachment.id"),
    actions=(
        Action(
            path="/attachments",
            methods=("POST",),
            strategy=Strategy.SCHEDULED,
            near=(
                *names("volume", "attachment.volume_uuid"),
                # Cinder takes any; whoever attaches may be no server of Nova's.
                *names("server", "attachment.instance_uuid", must_exist=False),
            ),
        ),
        # What it is sorted by does not show in an attachment: pod after pod, then.
        Action(
            path="/attachments",
            methods=("GET",),
            strategy=Strategy.BROADCAST,
            pagination=Pagination(
                key="attachments", detail="/attachments", fields={}, zone=""
            ),
        ),
        Action(
            path="/attachments/detail",
            methods=("GET",),
            strategy=Strategy.BROADCAST,
            pagination=Pagination(
                key="attachments", detail="/attachments/detail", fields={}, zone=""
            ),
        ),
        Action(
            path="/attachments/{attachment}",
            methods=("GET", "PUT", "DELETE"),
            strategy=Strategy.OWNER,
            deletes=frozenset({"DELETE"}),
        ),
        Action(path="/attachments/{attachment}/**", strategy=Strategy.OWNER),
    ),
)
