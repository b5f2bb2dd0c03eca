# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Hosts: the pods' own, shown up to 2.42; later Nova says 404, and so do pods."""

from tricircle.gateway.places import holds
from tricircle.gateway.spec import Action, Pagination, Resource, Strategy

HOST = Resource(
    type="host",
    bodies={
        "": holds(host="host"),
        "hosts": holds(host="host_name", zone="zone"),
        "host": holds(host="resource.host"),
    },
    actions=(
        Action(
            path="/os-hosts",
            methods=("GET",),
            strategy=Strategy.BROADCAST,
            pagination=Pagination(
                key="hosts",
                detail="/os-hosts",
                default=(),
                since=None,
                none_is_404=True,
                zone="zone",
            ),
        ),
        Action(
            path="/os-hosts/{host}", methods=("GET", "PUT"), strategy=Strategy.SOUGHT
        ),
        *(
            Action(
                path=f"/os-hosts/{{host}}/{act}",
                methods=("GET",),
                strategy=Strategy.SOUGHT,
                exact=True,
            )
            for act in ("reboot", "shutdown", "startup")
        ),
    ),
)
