# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Hosts, back ends, their pools and what they can do: the pods' own."""

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
                key="hosts", detail="/os-hosts", default=(), since=None, zone="zone"
            ),
        ),
        Action(
            path="/os-hosts",
            methods=("PUT",),
            strategy=Strategy.REFUSED,
            refusal="Cinder routes it, and does nothing: name a host in the path.",
        ),
        Action(
            path="/os-hosts/{host}", methods=("GET", "PUT"), strategy=Strategy.SOUGHT
        ),
        Action(path="/capabilities/{host}", methods=("GET",), strategy=Strategy.SOUGHT),
    ),
)

POOL = Resource(
    type="pool",
    bodies={"pools": holds(host="name")},
    actions=(
        Action(
            path="/scheduler-stats/get_pools",
            methods=("GET",),
            strategy=Strategy.BROADCAST,
            query=holds(host="name"),
            pagination=Pagination(
                key="pools",
                detail="/scheduler-stats/get_pools",
                default=(),
                since=None,
                zone="",
            ),
        ),
    ),
)
