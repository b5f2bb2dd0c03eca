# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""The list of availability zones, which Nova and Cinder show alike.

A zone is what pods say they are in; it is available while one of its pods takes new
resources.
"""

from typing import Any

from tricircle.gateway.naming import public_host
from tricircle.gateway.steps import Exchange

_LIST = "availabilityZoneInfo"


def zones(exchange: Exchange) -> Any:
    """``GET /os-availability-zone``."""
    return {_LIST: [_shown(exchange, name) for name in _names(exchange)]}


def nova_zones(exchange: Exchange) -> Any:
    """The same, with Nova's mark that hosts are not shown."""
    return {
        _LIST: [{**_shown(exchange, name), "hosts": None} for name in _names(exchange)]
    }


def nova_zones_in_detail(parts: list[Any]) -> Any:
    """For administrators, with the hosts of all pods."""
    whole: dict[str, Any] = {}
    for pod, part in parts:
        for zone in part[_LIST]:
            own = {public_host(name, pod): of for name, of in zone["hosts"].items()}
            found = whole.setdefault(zone["zoneName"], {**zone, "hosts": {}})
            found["hosts"] |= own
            if zone["zoneState"]["available"]:
                found["zoneState"] = zone["zoneState"]
    return {_LIST: [whole[name] for name in sorted(whole)]}


def _names(exchange: Exchange) -> list[str]:
    return sorted({pod.zone for pod in exchange.pods})


def _shown(exchange: Exchange, name: str) -> dict[str, Any]:
    available = any(pod.zone == name and pod.active for pod in exchange.pods)
    return {"zoneName": name, "zoneState": {"available": available}}
