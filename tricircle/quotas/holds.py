# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""What pods make by themselves counts before anybody knows its ids: pure.

A *hold* is a route of a type of its own, whose charges are what a pod is about to make:
the volumes that a server is booted with, the snapshots of a server's volumes. It is
pending until the pod has answered, like any intent. A recount ends it when the pod
makes nothing more of it, and learns what was made in the same transaction: nothing
counts twice, and nothing is ever left out.

Most of it is there when the pod answers. A server's volumes are not: they come to be
while the server is built. So a server's hold bears its id.

What is new in a pod, while something else is still being made there, may be that's. A
hold that is over stays until all that is new is certainly not its own; or, of a server,
until that has as many volumes as are held.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from tricircle.quotas.doubt import doubts, is_certain, is_unknown, types_of
from tricircle.quotas.known import HOLD, MADE, Known
from tricircle.quotas.listing import Found, Told


@dataclass(frozen=True, slots=True)
class Ending:
    """Which holds end, by their routes, and what is certainly what they stood for."""

    ended: frozenset[str] = frozenset()
    made: frozenset[str] = frozenset()
    """The ids of it."""


def ending(
    before: Collection[Known], now: Collection[Known], told: Collection[Told]
) -> Ending:
    """Decide which holds end, of those that were there ``before`` pods told."""
    parts = [_in_pod(before, now, one) for one in told]
    return Ending(
        frozenset[str]().union(*(part.ended for part in parts)),
        frozenset[str]().union(*(part.made for part in parts)),
    )


def _in_pod(before: Collection[Known], now: Collection[Known], told: Told) -> Ending:
    here = [one for one in now if one.pod_id == told.pod_id]
    over = [one for one in before if _is_over(one, told)]
    if not over:
        return Ending()
    overs = frozenset(one.route_id for one in over)
    at_work = [one for one in here if _may_make(one) and one.route_id not in overs]
    if not at_work:
        return Ending(overs)
    new = list(_new(here, told))
    served = {one.route_id: _volumes_of(one, new) for one in over}
    complete = {
        one.route_id
        for one in over
        if served[one.route_id] and len(served[one.route_id]) == one.charges["volumes"]
    }
    made = frozenset(id for route in complete for id in served[route])
    since = doubts([*at_work, *(one for one in over if one.route_id not in complete)])
    if all(item.id in made or is_certain(item, since) for item in new):
        return Ending(overs, made)
    return Ending(frozenset(complete), made)


def _is_over(one: Known, told: Told) -> bool:
    """Whether the pod, when it told what it is building, made nothing more of it.

    A pending one may be of any server, or of one that is yet to come.
    """
    if one.type != HOLD or one.pod_id != told.pod_id:
        return False
    if one.is_pending:
        return one.is_settled and not told.building
    return one.id not in told.building


def _may_make(one: Known) -> bool:
    return is_unknown(one) and not {*types_of(one)}.isdisjoint(MADE)


def _new(here: Collection[Known], told: Told) -> Iterator[Found]:
    """What nobody has a charge for yet."""
    charged = {(one.type, one.id) for one in here if one.charges}
    for item in told.found:
        if item.type in MADE and (item.type, item.id) not in charged:
            yield item


def _volumes_of(hold: Known, new: Collection[Found]) -> list[str]:
    """Those that the hold's server has."""
    return [item.id for item in new if item.server_id and item.server_id == hold.id]
