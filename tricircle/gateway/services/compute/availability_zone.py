# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Availability zones, as pods are in them; in detail, with the pods' hosts."""

from tricircle.gateway.places import holds
from tricircle.gateway.services.zones import nova_zones, nova_zones_in_detail
from tricircle.gateway.spec import Action, Resource, Strategy

AVAILABILITY_ZONE = Resource(
    type="availability_zone",
    bodies={"availabilityZoneInfo": holds(zone="zoneName")},
    actions=(
        Action(
            path="/os-availability-zone",
            methods=("GET",),
            strategy=Strategy.LOCAL,
            local=nova_zones,
        ),
        Action(
            path="/os-availability-zone/detail",
            methods=("GET",),
            strategy=Strategy.SUMMED,
            combine=nova_zones_in_detail,
        ),
    ),
)
