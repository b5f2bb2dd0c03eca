# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Services and clusters: the pods' own, and what operators do with them."""

from typing import Any

from tricircle.gateway.places import holds
from tricircle.gateway.spec import Action, Pagination, Resource, Strategy

_SERVICE = holds(host="host cluster", zone="zone")


def logs(parts: list[Any]) -> Any:
    """What all services of all pods log."""
    return {"log_levels": [log for _, part in parts for log in part["log_levels"]]}


SERVICE = Resource(
    type="service",
    bodies={"": _SERVICE, "services": _SERVICE, "log_levels": _SERVICE},
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
        *(
            Action(
                path=f"/os-services/{act}",
                methods=("PUT",),
                strategy=Strategy.SOUGHT,
                request=holds(host="host cluster"),
            )
            for act in (
                "enable",
                "disable",
                "disable-log-reason",
                "freeze",
                "thaw",
                "failover_host",
            )
        ),
        # 3.26 and later: the same for a cluster, and so named.
        Action(
            path="/os-services/failover",
            methods=("PUT",),
            strategy=Strategy.SOUGHT,
            request=holds(host="host cluster"),
        ),
        Action(
            path="/os-services/get-log",
            methods=("PUT",),
            strategy=Strategy.SUMMED,
            request=holds(host="server"),
            combine=logs,
        ),
        Action(
            path="/os-services/set-log",
            methods=("PUT",),
            strategy=Strategy.SUMMED,
            request=holds(host="server"),
            combine=logs,
        ),
    ),
)

_CLUSTER = holds(host="name")


def _clusters(path: str) -> Action:
    return Action(
        path=path,
        methods=("GET",),
        strategy=Strategy.BROADCAST,
        query=holds(host="name"),
        pagination=Pagination(
            key="clusters", detail=path, default=(), since=None, zone=""
        ),
    )


CLUSTER = Resource(
    type="cluster",
    bodies={"cluster": _CLUSTER, "clusters": _CLUSTER},
    actions=(
        _clusters("/clusters"),
        _clusters("/clusters/detail"),
        *(
            Action(
                path=f"/clusters/{act}",
                methods=("PUT",),
                strategy=Strategy.SOUGHT,
                request=holds(host="name"),
            )
            for act in ("enable", "disable")
        ),
        Action(path="/clusters/{host}", methods=("GET",), strategy=Strategy.SOUGHT),
    ),
)
