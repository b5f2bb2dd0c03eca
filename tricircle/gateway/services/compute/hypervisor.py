# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Hypervisors: the pods' own; the central region has none."""

from collections import Counter
from typing import Any

from tricircle.gateway.places import holds
from tricircle.gateway.spec import Action, Pagination, Resource, Strategy

_HYPERVISOR = holds(
    number="id service.id", host="hypervisor_hostname service.host", links="links"
)


def statistics(parts: list[Any]) -> Any:
    """Each number of all pods, added up."""
    whole: Counter[str] = Counter()
    for _, part in parts:
        whole.update(part["hypervisor_statistics"])
    return {"hypervisor_statistics": dict(whole)}


def _list(path: str) -> Pagination:
    """Sorted by a number that does not show: pod after pod, then."""
    return Pagination(
        key="hypervisors",
        detail=path,
        default=(),
        since=(2, 33),
        whole_with="hypervisor_hostname_pattern",
        none_is_404=True,
        zone="",
    )


_MATCHED = Pagination(
    key="hypervisors", detail="", default=(), since=None, none_is_404=True, zone=""
)

HYPERVISOR = Resource(
    type="hypervisor",
    show="/os-hypervisors/{}",
    routed=False,
    bodies={"hypervisor": _HYPERVISOR, "hypervisors": _HYPERVISOR},
    actions=(
        *(
            Action(
                path=path,
                methods=("GET",),
                strategy=Strategy.BROADCAST,
                query=holds(host="hypervisor_hostname_pattern"),
                pagination=_list(path),
            )
            for path in ("/os-hypervisors", "/os-hypervisors/detail")
        ),
        Action(
            path="/os-hypervisors/statistics",
            methods=("GET",),
            strategy=Strategy.SUMMED,
            combine=statistics,
        ),
        *(
            Action(path=path, methods=("GET",), strategy=Strategy.SOUGHT)
            for path in (
                "/os-hypervisors/{hypervisor}",
                "/os-hypervisors/{hypervisor}/uptime",
            )
        ),
        # Up to 2.52: those whose names have this part.
        *(
            Action(
                path=path,
                methods=("GET",),
                strategy=Strategy.BROADCAST,
                pagination=_MATCHED,
            )
            for path in (
                "/os-hypervisors/{hypervisor}/search",
                "/os-hypervisors/{hypervisor}/servers",
            )
        ),
    ),
)
