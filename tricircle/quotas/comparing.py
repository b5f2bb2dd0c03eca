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

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from tricircle.quotas.doubt import doubts, is_certain, is_unknown
from tricircle.quotas.holds import ending
from tricircle.quotas.known import Known
from tricircle.quotas.listing import Found, Told
from tricircle.quotas.taking import Takes


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
    end = ending(before, now, told)
    since = doubts(
        one for one in now if is_unknown(one) and one.route_id not in end.ended
    )

    def is_counted(item: Found) -> bool:
        """Whether something that counts already may be this."""
        return item.id not in end.made and not is_certain(item, since)

    released, charged = list[str](), dict[str, Takes]()
    for one in now:
        if is_unknown(one) or one.pod_id not in asked:
            continue
        item = there.pop((one.type, one.id or "", one.pod_id), None)
        was = old.get(one.route_id)
        if was is not None and was.charges != one.charges:
            continue
        if item is not None:
            wanted = _larger(one.charges, item.takes) if one.is_raised else item.takes
            if wanted != one.charges and (one.charges or not is_counted(item)):
                charged[one.route_id] = wanted
        elif was is not None and one.charges:
            released.append(one.route_id)
    learned = tuple(item for item in there.values() if not is_counted(item))
    return Corrections(tuple(released), charged, learned, tuple(end.ended))


def _larger(first: Takes, second: Takes) -> Takes:
    return {
        kind: max(first.get(kind, 0), second.get(kind, 0)) for kind in {*first, *second}
    }
