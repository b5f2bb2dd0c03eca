# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""A network in the pods: what its routings and jobs say, put together. Pure.

Routings and jobs are documents of the API, with the names of their pods.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cliff.columns import FormattableColumn

from tricircle.client.asking import Document
from tricircle.client.nouns import POD_NAME

NETWORK, SUBNET, PORT = "network", "subnet", "port"
_ACTIVE = "active"
#: A pod that has, or is about to have, something of a network, but not the network.
_ABSENT = "absent"
_DONE = "done"


@dataclass(frozen=True)
class Network:
    """What the central region says of a network; ``revision`` None: it is gone."""

    id: str
    revision: int | None = None
    subnets: Sequence[str] = ()


def of(network: Network, routings: Sequence[Document]) -> list[Document]:
    """Return its replicas, by the names of their pods.

    ``routings`` are those of the network, its subnets and its ports. ``is_current``
    tells whether the replica is as the network is now.
    """
    pods = sorted({(one[POD_NAME], one["pod_id"]) for one in routings})
    return [
        _replica(network, name, [one for one in routings if one["pod_id"] == pod_id])
        for name, pod_id in pods
    ]


def _replica(network: Network, pod: str, there: Sequence[Document]) -> Document:
    route = next(iter(_of_type(NETWORK, there)), None)
    revision = route and route["revision"]
    return {
        "pod": pod,
        "pod_id": there[0]["pod_id"],
        "state": route["state"] if route else _ABSENT,
        "id": route and route["pod_resource_id"],
        "is_sole": bool(route and route["is_sole"]),
        "revision": revision,
        "is_current": revision is not None and revision == network.revision,
        "subnets": [
            {
                "subnet_id": one["resource_id"],
                "id": one["pod_resource_id"],
                "state": one["state"],
            }
            for one in _of_type(SUBNET, there)
        ],
        "ports": dict(Counter(one["state"] for one in _of_type(PORT, there))),
    }


def _of_type(type_: str, routings: Sequence[Document]) -> list[Document]:
    return [one for one in routings if one["resource_type"] == type_]


def unfinished(jobs: Sequence[Document]) -> list[Document]:
    """Return what of the jobs an operator should see: those that are not done."""
    names = ("id", "kind", "resource_id", "state", "attempts", "last_error")
    return [
        {
            "pod": job[POD_NAME],
            **{name: job[name] for name in names},
            # One that failed for good has reached what was wanted: the answer was no.
            "next_run_at": job["next_run_at"]
            if job["reached"] < job["wanted"]
            else None,
        }
        for job in jobs
        if job["state"] != _DONE
    ]


class Replicas(FormattableColumn[list[Document]]):
    """A line for each replica; ``network`` is what they are compared with."""

    def __init__(self, network: Network, value: list[Document]) -> None:
        super().__init__(value)
        self._network = network

    def human_readable(self) -> str:
        """Return what a table shows."""
        return "\n".join(self._line(one) for one in self._value) or "in no pod"

    def _line(self, replica: Mapping[str, Any]) -> str:
        told = [f"{replica['pod']}: {replica['state']}"]
        if replica["id"]:
            told.append(replica["id"])
        if replica["is_sole"]:
            told.append("can be in no other pod")
        if replica["revision"] is not None:
            told.append(_compared(replica["revision"], self._network.revision))
        told.append(self._subnets(replica["subnets"]))
        told += [
            f"{count} {'port' if count == 1 else 'ports'} {state}"
            for state, count in sorted(replica["ports"].items())
        ]
        return ", ".join(told)

    def _subnets(self, there: Sequence[Mapping[str, Any]]) -> str:
        active = sum(one["state"] == _ACTIVE for one in there)
        total = len(self._network.subnets) or len(there)
        return f"{active} of {total} subnets"


def _compared(revision: int, central: int | None) -> str:
    if central is None or revision == central:
        return f"revision {revision}"
    return f"revision {revision}, not {central} yet"


class Jobs(FormattableColumn[list[Document]]):
    """A line for each job."""

    def human_readable(self) -> str:
        """Return what a table shows."""
        return "\n".join(_job_line(one) for one in self._value) or "all done"


def _job_line(job: Mapping[str, Any]) -> str:
    where = f" in {job['pod']}" if job["pod"] else ""
    told = f"{job['kind']} {job['resource_id']}{where}: {job['state']}"
    if job["attempts"]:
        told += f", {job['attempts']} attempts"
    told += f", due {job['next_run_at']}" if job["next_run_at"] else ", not tried again"
    return f"{told}: {job['last_error']}" if job["last_error"] else told
