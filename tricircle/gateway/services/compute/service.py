# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Services: the pods' own; the central region has none that report."""

from tricircle.gateway.places import holds
from tricircle.gateway.spec import Action, Pagination, Resource, Strategy

_SERVICE = holds(number="id", host="host", zone="zone")

SERVICE = Resource(
    type="service",
    bodies={"service": _SERVICE, "services": _SERVICE},
    actions=(
        Action(
            path="/os-services",
            methods=("GET",),
            strategy=Strategy.BROADCAST,
            query=holds(host="host"),
            pagination=Pagination(
                key="services", detail="/os-services", default=(), since=None, zone=""
            ),
        ),
        # Up to 2.52 it is what to do, and the body names the host; then it is a UUID.
        Action(
            path="/os-services/{service}",
            methods=("PUT", "DELETE"),
            strategy=Strategy.SOUGHT,
            request=holds(host="host"),
        ),
    ),
)
