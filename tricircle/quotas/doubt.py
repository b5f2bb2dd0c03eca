# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""What is new in a pod may be what a pending create or a hold counts already: pure."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from tricircle.quotas.known import HOLD, MADE, Known
from tricircle.quotas.listing import Found

Since = Mapping[tuple[str, str], datetime]
"""By type and pod: from when on things are in doubt."""

#: What clocks of pods may be behind ours.
_CLOCKS_DIFFER = timedelta(minutes=5)


def is_unknown(one: Known) -> bool:
    """Whether nobody can tell which of a pod's things is meant."""
    return one.is_pending or one.type == HOLD


def types_of(one: Known) -> tuple[str, ...]:
    """The types of what it may be."""
    return MADE if one.type == HOLD else (one.type,)


def doubts(unknown: Iterable[Known]) -> Since:
    """What is in doubt because of these."""
    since: dict[tuple[str, str], datetime] = {}
    for one in unknown:
        made_at = one.made_at - _CLOCKS_DIFFER
        for type in types_of(one):
            key = (type, one.pod_id)
            since[key] = min(made_at, since.get(key, made_at))
    return since


def is_certain(item: Found, since: Since) -> bool:
    """Whether it was there before all that it might be."""
    moment = since.get((item.type, item.pod_id))
    return moment is None or item.made_at < moment
