# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""How long servers took, beside what is wanted. Pure."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from statistics import median

from demo.walk.summary import draw


class Kind(StrEnum):
    """What kinds of boots there are; the value is how a reader finds it."""

    DIRECT = "in a pod itself"
    FIRST = "through Tricircle, the first on a network"
    LATER = "through Tricircle, a later one"


#: Seconds of boots, by their kind.
Times = Mapping[Kind, Sequence[float]]

#: Less than so many seconds may be added to what a pod takes by itself.
BOUNDS: Mapping[Kind, float] = {Kind.FIRST: 10.0, Kind.LATER: 2.0}

_COLUMNS = ("a server", "boots", "median", "all", "added", "times", "wanted", "")


def added(times: Times, kind: Kind) -> float:
    """Seconds more than in a pod itself, of the medians."""
    return median(times[kind]) - median(times[Kind.DIRECT])


def holds(times: Times) -> bool:
    """Whether all of it is as it is wanted."""
    return all(added(times, kind) < bound for kind, bound in BOUNDS.items())


def table(times: Times) -> str:
    """A line for each kind of boot, in seconds, and whether it is as wanted."""
    return draw(_COLUMNS, [_cells(times, kind) for kind in Kind])


def _cells(times: Times, kind: Kind) -> tuple[str, ...]:
    own = times[kind]
    measured = (
        str(kind),
        str(len(own)),
        f"{median(own):.2f} s",
        f"{min(own):.2f}-{max(own):.2f} s",
    )
    if kind not in BOUNDS:
        return (*measured, "", "", "", "")
    more, bound = added(times, kind), BOUNDS[kind]
    return (
        *measured,
        f"{more:.2f} s",
        f"{median(own) / median(times[Kind.DIRECT]):.2f}",
        f"less than {bound:.0f} s more",
        "pass" if more < bound else "FAIL",
    )
