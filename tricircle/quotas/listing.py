# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Where pods list what counts, and what they say of it: data, and pure.

Each list is asked for as the operator, for one project.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from tricircle.quotas.taking import (
    Takes,
    of_backup,
    of_server,
    of_snapshot,
    of_volume,
)

COMPUTE, VOLUME = "compute", "volume"
PAGE = 1000
"""Items on a page; a pod may be configured to give fewer."""

Item = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Counted:
    """A type that counts: its routes' name, and where a service lists it."""

    type: str
    path: str
    key: str
    version: str
    project: str
    """The field that tells whose an item is."""
    takes: Callable[[Item, Mapping[str, str]], Takes]
    """Of an item, and the types' names of the volumes that were listed."""


LISTS: Mapping[str, tuple[Counted, ...]] = {
    COMPUTE: (
        Counted(
            "server",
            "/servers/detail",
            "servers",
            "2.47",  # the first that shows the flavor itself
            "tenant_id",
            lambda item, _: of_server(item["flavor"]),
        ),
    ),
    VOLUME: (
        Counted(
            "volume",
            "/volumes/detail",
            "volumes",
            "3.65",  # the first that tells what consumes quota
            "os-vol-tenant-attr:tenant_id",
            lambda item, _: of_volume(item["size"], item.get("volume_type")),
        ),
        Counted(
            "snapshot",
            "/snapshots/detail",
            "snapshots",
            "3.65",
            "os-extended-snapshot-attributes:project_id",
            lambda item, types: of_snapshot(item["size"], types.get(item["volume_id"])),
        ),
        Counted(
            "backup",
            "/backups/detail",
            "backups",
            "3.18",  # the first that tells whose it is
            "os-backup-project-attr:project_id",
            lambda item, _: of_backup(item["size"]),
        ),
    ),
}


@dataclass(frozen=True, slots=True)
class Found:
    """Something that a pod has of a project's, and what it takes."""

    type: str
    id: str
    pod_id: str
    takes: Takes
    made_at: datetime
    server_id: str = ""
    """The server that has it, of a volume."""


@dataclass(frozen=True, slots=True)
class Told:
    """What a pod told: what it has, and, from before that, what it is building."""

    pod_id: str
    found: Sequence[Found] = ()
    building: frozenset[str] = frozenset()
    """Servers' ids, where holds are to be judged by them."""


SERVERS = LISTS[COMPUTE][0]
BUILDING = {"status": "BUILD"}
"""The parameter that leaves only those in a list of servers that are being built."""


def query(
    project_id: str, after: str | None, only: Mapping[str, str] | None = None
) -> dict[str, str]:
    """The parameters of a page of a list, which begins after that id."""
    asked = {"all_tenants": "1", "project_id": project_id, "limit": str(PAGE)}
    asked |= only or {}
    return asked | ({"marker": after} if after else {})


def told_by(
    service: str,
    pod_id: str,
    project_id: str,
    lists: Mapping[str, Iterable[Item]],
    building: Iterable[Item],
) -> Told:
    """What the lists of a pod say, by their types, and its servers being built."""
    return Told(
        pod_id,
        found(service, pod_id, project_id, lists),
        frozenset(str(item["id"]) for item in building),
    )


def found(
    service: str, pod_id: str, project_id: str, lists: Mapping[str, Iterable[Item]]
) -> list[Found]:
    """What a pod has, out of the items that it lists of each type."""
    types = {
        item["id"]: item["volume_type"]
        for item in lists.get("volume", ())
        if item.get("volume_type")
    }
    return [
        Found(
            counted.type,
            item["id"],
            pod_id,
            counted.takes(item, types),
            _moment(str(item.get("created") or item.get("created_at"))),
            _server_of(item),
        )
        for counted in LISTS[service]
        for item in lists[counted.type]
        if item.get(counted.project) == project_id and item.get("consumes_quota", True)
    ]


def _server_of(item: Item) -> str:
    attached = item.get("attachments") or [{}]
    return str(attached[0].get("server_id") or "")


def _moment(text: str) -> datetime:
    """Nova writes a zone, Cinder none."""
    made = datetime.fromisoformat(text)
    return made if made.tzinfo else made.replace(tzinfo=UTC)
