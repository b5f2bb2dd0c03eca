# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Where pods have placed resources of each type, as data."""

from collections.abc import Mapping
from dataclasses import dataclass

SERVER = "server"
_COMPUTE, _VOLUME = "compute", "block-storage"


@dataclass(frozen=True, slots=True)
class Noun:
    """One type: ``service`` has it at ``path``, and lists it under ``key``.

    ``project`` is the field of an item in a detailed list that tells whose it is. Where
    there is none, what a pod made of a create that was broken off is not looked for:
    the gateway learns of it when someone asks for it.
    """

    service: str
    path: str
    key: str
    project: str = ""
    microversion: str | None = None


#: By the routes' type.
NOUNS: Mapping[str, Noun] = {
    SERVER: Noun(_COMPUTE, "/servers", "servers", "tenant_id"),
    "volume": Noun(_VOLUME, "/volumes", "volumes", "os-vol-tenant-attr:tenant_id"),
    "snapshot": Noun(
        _VOLUME,
        "/snapshots",
        "snapshots",
        "os-extended-snapshot-attributes:project_id",
    ),
    "attachment": Noun(_VOLUME, "/attachments", "attachments", microversion="3.27"),
    "backup": Noun(_VOLUME, "/backups", "backups"),
    "cgsnapshot": Noun(_VOLUME, "/cgsnapshots", "cgsnapshots"),
    "consistencygroup": Noun(_VOLUME, "/consistencygroups", "consistencygroups"),
    "group": Noun(_VOLUME, "/groups", "groups", microversion="3.13"),
    "group_snapshot": Noun(
        _VOLUME, "/group_snapshots", "group_snapshots", microversion="3.14"
    ),
    "transfer": Noun(_VOLUME, "/volume-transfers", "transfers", microversion="3.55"),
}
