# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""What creates and changes take of quotas, as specs say it: pure.

``sources`` are what the call names, by type, as far as it exists. What can't be told
takes nothing here: the pod says what is wrong with the call.
"""

import json
from base64 import b64decode
from collections.abc import Mapping
from typing import Any

from tricircle.gateway.places import names
from tricircle.gateway.reading import number
from tricircle.gateway.spec import Quota
from tricircle.quotas.listing import COMPUTE, VOLUME
from tricircle.quotas.taking import (
    USUAL_TYPE,
    Takes,
    of_backup,
    of_server,
    of_snapshot,
    of_volume,
)

Sources = Mapping[str, Mapping[str, Any]]

_NOTHING: Takes = {}

_BRINGS_A_TYPE = ("volume_type", "snapshot_id", "source_volid", "backup_id", "imageRef")
"""Of a volume: without them it has the usual type, wherever no other is the default."""


def _server(document: Any, sources: Sources) -> Takes:
    return of_server(sources["flavor"]) if "flavor" in sources else _NOTHING


def _volume(document: Any, sources: Sources) -> Takes:
    origins = [
        sources[type] for type in ("snapshot", "volume", "backup") if type in sources
    ]
    body = _object(document, "volume")
    asked = body.get("size")
    size = _size(asked if asked is not None or not origins else origins[0].get("size"))
    if size is None:
        return _NOTHING
    type_name = _type(sources)
    if type_name is None and not any(body.get(name) for name in _BRINGS_A_TYPE):
        type_name = USUAL_TYPE
    return of_volume(size, type_name)


def _snapshot(document: Any, sources: Sources) -> Takes:
    volume = sources.get("volume")
    if volume is None:
        return _NOTHING
    return of_snapshot(volume["size"], volume.get("volume_type"))


def _backup(document: Any, sources: Sources) -> Takes:
    volume = sources.get("volume")
    return _NOTHING if volume is None else of_backup(volume["size"])


def _managed(document: Any, sources: Sources) -> Takes:
    """How large it is the back end tells its Cinder only later."""
    return of_volume(0, _type(sources) or USUAL_TYPE)


def _imported(document: Any, sources: Sources) -> Takes:
    """The record is JSON, in an armour."""
    armoured = _object(document, "backup-record").get("backup_url") or ""
    try:
        record = {"": json.loads(b64decode(armoured))}
    except (TypeError, ValueError):
        return _NOTHING
    size = _size(_object(record, "").get("size"))
    return _NOTHING if size is None else of_backup(size)


def _resized(document: Any, sources: Sources) -> Takes:
    return _server(document, sources) if "resize" in document else _NOTHING


def _changed(document: Any, sources: Sources) -> Takes:
    volume = sources.get("volume")
    if volume is None:
        return _NOTHING
    if "os-extend" in document:
        size = _size(_object(document, "os-extend").get("new_size"))
        if size is not None:
            return of_volume(size, volume.get("volume_type"))
    if "os-retype" in document and "volume_type" in sources:
        return of_volume(volume["size"], _type(sources))
    return _NOTHING


def _object(document: Any, key: str) -> Mapping[str, Any]:
    found = document.get(key) if isinstance(document, dict) else None
    return found if isinstance(found, dict) else {}


def _size(value: Any) -> int | None:
    size = number(value)
    return size if size is not None and size > 0 else None


def _type(sources: Sources) -> str | None:
    """The name of the type that is asked for, or comes with what it is made of."""
    if "volume_type" in sources:
        return str(sources["volume_type"]["name"])
    return sources.get("volume", {}).get("volume_type")


SERVER_QUOTA = Quota(service=COMPUTE, takes=_server)
RESIZE_QUOTA = Quota(service=COMPUTE, takes=_resized)
VOLUME_QUOTA = Quota(
    service=VOLUME,
    takes=_volume,
    reads=(
        *names("snapshot", "volume.snapshot_id"),
        *names("volume", "volume.source_volid"),
        *names("backup", "volume.backup_id"),
    ),
    unless=("volume.size", "volume.volume_type"),
)
SNAPSHOT_QUOTA = Quota(
    service=VOLUME, takes=_snapshot, reads=names("volume", "snapshot.volume_id")
)
BACKUP_QUOTA = Quota(
    service=VOLUME, takes=_backup, reads=names("volume", "backup.volume_id")
)
IMPORT_QUOTA = Quota(service=VOLUME, takes=_imported)
MANAGED_QUOTA = Quota(service=VOLUME, takes=_managed)
CHANGE_QUOTA = Quota(
    service=VOLUME, takes=_changed, subject="volume", when=("os-extend", "os-retype")
)
