# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""What things take of quotas: pure.

A volume type has limits of its own, which its name is part of: ``volumes_ssd``.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

Takes = Mapping[str, int]

USUAL_TYPE = "__DEFAULT__"
"""The volume type that Cinder has, and takes where no other is the default."""


def of_server(flavor: Mapping[str, Any]) -> Takes:
    """A server of this flavor, as Nova shows that alone or inside the server."""
    return {"instances": 1, "cores": int(flavor["vcpus"]), "ram": int(flavor["ram"])}


def of_volume(size: int, type_name: str | None) -> Takes:
    """A volume, in GiB."""
    return _typed({"volumes": 1, "gigabytes": size}, type_name)


def of_snapshot(size: int, type_name: str | None) -> Takes:
    """A snapshot, which takes as much as its volume."""
    return _typed({"snapshots": 1, "gigabytes": size}, type_name)


def of_backup(size: int) -> Takes:
    """A backup, which takes as much as its volume, of a store of its own."""
    return {"backups": 1, "backup_gigabytes": size}


def together(all_takes: Iterable[Takes]) -> Takes:
    """What several things take."""
    total = Counter[str]()
    for takes in all_takes:
        total.update(takes)
    return dict(total)


def _typed(takes: dict[str, int], type_name: str | None) -> Takes:
    if type_name:
        takes |= {f"{kind}_{type_name}": amount for kind, amount in takes.items()}
    return takes
