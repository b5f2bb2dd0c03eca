# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""How Nova and Cinder say that something does not fit under a limit: pure."""

from tricircle.gateway.errors import OverLimit
from tricircle.gateway.ports import Counts
from tricircle.quotas.errors import OverQuota
from tricircle.quotas.listing import COMPUTE

_COUNTS = {
    "volumes": "Maximum number of volumes allowed ({0}) exceeded for quota '{1}'.",
    "snapshots": "Maximum number of snapshots allowed ({0}) exceeded",
    "backups": "Maximum number of backups allowed ({0}) exceeded",
}
_SNAPSHOTS = "Quota exceeded for resources: snapshots"
_SIZE = (
    "Requested {what} exceeds allowed {name} quota. Requested {asked}G, quota is "
    "{limit}G and {used}G has been consumed."
)


def refusal(error: OverQuota, counts: Counts | None = None) -> OverLimit:
    """The error; of a create, ``counts`` tells how many were asked for."""
    if error.demand.service == COMPUTE:
        return OverLimit(_of_servers(error, counts), 403)
    return OverLimit(_of_volumes(error), 413, _to_nova(error))


def _of_servers(error: OverQuota, counts: Counts | None) -> str:
    demand, overs = error.demand, error.overs
    asked = {kind: str(amount) for kind, amount in demand.takes.items()}
    if counts is not None and counts.least != counts.most:
        asked["instances"] = f"{counts.least}-{counts.most}"
    names = ", ".join(overs)
    requested = ", ".join(asked[kind] for kind in overs)
    used = ", ".join(str(error.used.get(kind, 0)) for kind in overs)
    allowed = ", ".join(str(demand.limits[kind]) for kind in overs)
    return (
        f"Quota exceeded for {names}: Requested {requested}, but already used {used} "
        f"of {allowed} {names}"
    )


def _of_volumes(error: OverQuota) -> str:
    """The first limit decides, by name; so sizes come before numbers."""
    demand = error.demand
    for name in error.overs:
        limit = demand.limits[name]
        if "gigabytes" in name:
            backup = name.startswith("backup")
            return _SIZE.format(
                what="backup" if backup else "volume or snapshot",
                name="Backup gigabytes" if backup else name,
                asked=demand.takes[name],
                limit=limit,
                used=error.used.get(name, 0),
            )
        for resource, sentence in _COUNTS.items():
            if name.startswith(resource):
                return sentence.format(limit, name)
    return f"Unexpected over quota on {', '.join(error.overs)}."


def _to_nova(error: OverQuota) -> str:
    """Nova passes on what Cinder says, but of snapshots."""
    return "" if "volumes" in error.demand.takes else _SNAPSHOTS
