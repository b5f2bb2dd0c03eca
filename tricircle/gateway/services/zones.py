# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""The list of availability zones, which Nova and Cinder show alike.

A zone is what pods say they are in; it is available while one of its pods takes new
resources.
"""

from typing import Any

from tricircle.gateway.errors import Forbidden
from tricircle.gateway.steps import Exchange


def zones(exchange: Exchange) -> Any:
    """``GET /os-availability-zone``."""
    return {
        "availabilityZoneInfo": [_shown(exchange, name) for name in _names(exchange)]
    }


def nova_zones(exchange: Exchange) -> Any:
    """The same, with Nova's mark that hosts are not shown."""
    return {
        "availabilityZoneInfo": [
            {**_shown(exchange, name), "hosts": None} for name in _names(exchange)
        ]
    }


def nova_zones_in_detail(exchange: Exchange) -> Any:
    """For administrators, who see no hosts either: those are the pods'.

    Raises Forbidden for others, as Nova does.
    """
    if "admin" not in exchange.request.identity.roles:
        raise Forbidden(
            "Policy doesn't allow os_compute_api:os-availability-zone:detail to be "
            "performed."
        )
    return {
        "availabilityZoneInfo": [
            {**_shown(exchange, name), "hosts": {}} for name in _names(exchange)
        ]
    }


def _names(exchange: Exchange) -> list[str]:
    return sorted({pod.zone for pod in exchange.pods})


def _shown(exchange: Exchange, name: str) -> dict[str, Any]:
    available = any(pod.zone == name and pod.active for pod in exchange.pods)
    return {"zoneName": name, "zoneState": {"available": available}}
