# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""What charges and pods' lists disagree about: decided without I/O.

Lists are a moment old when they are compared, and creates go on meanwhile. So

- something is gone only if its route was there *before* the pod was asked;
- what is new while a create is pending may be what that makes, whose charge stands at
  the intent: it is left alone until nothing is pending any more, and likewise until a
  hold is over (``holds``);
- a charge that changed meanwhile is newer than the list;
- what was raised is not lowered as long as the pod may not have done it.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from tricircle.quotas.holds import HOLD, MADE, is_over
from tricircle.quotas.known import Known
from tricircle.quotas.listing import Found, Told
from tricircle.quotas.taking import Takes

#: What clocks of pods may be behind ours.
_CLOCKS_DIFFER = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Corrections:
    """What is to be done."""

    released: tuple[str, ...]
    """Routes that take nothing (any more)."""
    charged: Mapping[str, Takes]
    """Routes that take something else."""
    learned: tuple[Found, ...]
    """What has no route of the project's yet."""
    ended: tuple[str, ...] = ()
    """Holds that are over."""


def compare(
    before: Collection[Known], now: Collection[Known], told: Collection[Told]
) -> Corrections:
    """Decide what is to be corrected, of what is in the pods that have ``told``.

    ``before`` was known before they were asked.
    """
    asked = {one.pod_id for one in told}
    old = {one.route_id: one for one in before if not one.is_pending}
    there = {
        (item.type, item.id, item.pod_id): item for one in told for item in one.found
    }
    ended = _ended(before, told)
    since = _since(one for one in now if one.route_id not in ended)
    released, charged = list[str](), dict[str, Takes]()
    for one in now:
        if _is_unknown(one) or one.pod_id not in asked:
            continue
        item = there.pop((one.type, one.id or "", one.pod_id), None)
        was = old.get(one.route_id)
        if was is not None and was.charges != one.charges:
            continue
        if item is not None:
            wanted = _larger(one.charges, item.takes) if one.is_raised else item.takes
            if wanted != one.charges and (one.charges or _is_older(item, since)):
                charged[one.route_id] = wanted
        elif was is not None and one.charges:
            released.append(one.route_id)
    learned = tuple(item for item in there.values() if _is_older(item, since))
    return Corrections(tuple(released), charged, learned, ended)


def _ended(before: Collection[Known], told: Collection[Told]) -> tuple[str, ...]:
    building = {one.pod_id: one.building for one in told}
    return tuple(
        one.route_id
        for one in before
        if one.type == HOLD and one.pod_id in building and is_over(one, building)
    )


def _is_unknown(one: Known) -> bool:
    """Whether nobody can tell which of a pod's things is meant."""
    return one.is_pending or one.type == HOLD


def _larger(first: Takes, second: Takes) -> Takes:
    return {
        kind: max(first.get(kind, 0), second.get(kind, 0)) for kind in {*first, *second}
    }


_Since = Mapping[tuple[str, str], datetime]


def _since(now: Iterable[Known]) -> _Since:
    """From when on things of a type in a pod may be what someone counts already."""
    since: dict[tuple[str, str], datetime] = {}
    for one in now:
        if _is_unknown(one):
            made_at = one.made_at - _CLOCKS_DIFFER
            for type in MADE if one.type == HOLD else (one.type,):
                key = (type, one.pod_id)
                since[key] = min(made_at, since.get(key, made_at))
    return since


def _is_older(item: Found, since: _Since) -> bool:
    moment = since.get((item.type, item.pod_id))
    return moment is None or item.made_at < moment
