# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""What charges and pods' lists disagree about: decided without I/O.

Lists are a moment old when they are compared, and creates go on meanwhile. So

- something is gone only if its route was there *before* the pod was asked;
- what is new while a create is pending may be what that makes, whose charge stands at
  the intent: it is left alone until nothing is pending any more;
- a charge that changed meanwhile is newer than the list;
- what was raised is not lowered as long as the pod may not have done it.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tricircle.quotas.listing import Found
from tricircle.quotas.taking import Takes

#: What clocks of pods may be behind ours.
_CLOCKS_DIFFER = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Known:
    """A route of the project's, with its charges."""

    route_id: str
    type: str
    id: str | None
    pod_id: str
    made_at: datetime
    is_pending: bool = False
    charges: Takes = field(default_factory=dict)
    is_raised: bool = False
    """Something larger was asked for a moment ago."""


@dataclass(frozen=True, slots=True)
class Corrections:
    """What is to be done."""

    released: tuple[str, ...]
    """Routes that take nothing (any more)."""
    charged: Mapping[str, Takes]
    """Routes that take something else."""
    learned: tuple[Found, ...]
    """What has no route of the project's yet."""


def compare(
    before: Collection[Known],
    now: Collection[Known],
    found: Collection[Found],
    asked: Collection[str],
) -> Corrections:
    """Decide what is to be corrected, of what is in the pods that could be ``asked``.

    ``before`` was known before they were.
    """
    old = {one.route_id: one for one in before if not one.is_pending}
    there = {(item.type, item.id, item.pod_id): item for item in found}
    released, charged = list[str](), dict[str, Takes]()
    for one in now:
        if one.is_pending or one.id is None or one.pod_id not in asked:
            continue
        item = there.pop((one.type, one.id, one.pod_id), None)
        was = old.get(one.route_id)
        if was is not None and was.charges != one.charges:
            continue
        if item is not None:
            wanted = _larger(one.charges, item.takes) if one.is_raised else item.takes
            if wanted != one.charges:
                charged[one.route_id] = wanted
        elif was is not None and one.charges:
            released.append(one.route_id)
    since = _pending_since(now)
    learned = [
        item
        for item in there.values()
        if item.made_at < since.get((item.type, item.pod_id), item.made_at + _LATER)
    ]
    return Corrections(tuple(released), charged, tuple(learned))


_LATER = timedelta(seconds=1)


def _larger(first: Takes, second: Takes) -> Takes:
    return {
        kind: max(first.get(kind, 0), second.get(kind, 0)) for kind in {*first, *second}
    }


def _pending_since(now: Collection[Known]) -> dict[tuple[str, str], datetime]:
    """From when on things of a type in a pod may be what a pending create made."""
    since: dict[tuple[str, str], datetime] = {}
    for one in now:
        if one.is_pending:
            key, made_at = (one.type, one.pod_id), one.made_at - _CLOCKS_DIFFER
            since[key] = min(made_at, since.get(key, made_at))
    return since
