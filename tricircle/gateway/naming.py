# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Names that only mean something in one pod, made to mean the same everywhere.

Pods name their hosts, and count their hypervisors, services, migrations and aggregates,
without knowing of each other: every pod has a ``host1`` and a service 1. What an
operator reads in a list must work in the next call, so both carry their pod with them,
and nothing has to be remembered:

- **A host** is shown as ``Pod1~host1``; so are nodes, back ends (``Pod1~host@lvm#ssd``)
  and clusters of volume services. ``~`` never needs quoting in a URL, needs none in a
  shell, and cannot be in a host's name: that is letters, digits, ``.``, ``-`` and
  ``_``, with ``@`` and ``#`` in Cinder, and ``:`` beside it in Nova's zones.
- **A number** has the pod's own number in its upper bits: ``1234 * 2**32 + 1``. The
  pod's number is taken from the pod's id, so it is the same in every process, stays
  when other pods come and go, and cannot be given twice by mistake. It is less than
  2**21, for JSON's numbers are exact up to 2**53 only. Two of a hundred pods have the
  same one in one of 400 clouds: then what is meant is not guessed, the call is refused.
  The central region's number is 0, so that its aggregates keep their ids.

Newer microversions of Nova have UUIDs instead: they pass as they are.
"""

from collections.abc import Iterable, Sequence
from hashlib import blake2b
from typing import Any

from tricircle.gateway.errors import BadRequest, Conflict
from tricircle.gateway.ports import Pod

MARK = "~"

_BITS = 32
_OWN = (1 << _BITS) - 1
_NUMBERS = (1 << 21) - 1


def public_host(name: str, pod: Pod) -> str:
    """A host as users see it; the central region's keep their names."""
    return f"{pod.name}{MARK}{name}" if name and pod.zone else name


def own_host(name: str, pods: Iterable[Pod]) -> tuple[Pod | None, str]:
    """The pod that a host's name tells, and what the pod calls it.

    No pod, and the name as it is, if it tells none.
    """
    # The longest first: a region's name may begin with another's.
    for pod in sorted(pods, key=lambda pod: -len(pod.name)):
        prefix = pod.name + MARK
        if name.startswith(prefix):
            return pod, name[len(prefix) :]
    return None, name


def number_of(pod: Pod) -> int:
    """The pod's number, from its id."""
    if not pod.zone:
        return 0
    digest = blake2b(pod.id.encode(), digest_size=8).digest()
    return 1 + int.from_bytes(digest) % _NUMBERS


def public_number(number: int, pod: Pod) -> int:
    """A number of a pod as users see it."""
    return number_of(pod) << _BITS | number & _OWN


def own_number(number: int, pods: Sequence[Pod]) -> tuple[Pod | None, int]:
    """The pod that a number tells, and what the pod has instead.

    No pod, and the number as it is, if it tells none; raises Conflict if it tells two.
    """
    upper = number >> _BITS
    found = [pod for pod in pods if upper and number_of(pod) == upper]
    if len(found) > 1:
        names = " and ".join(pod.name for pod in found)
        raise Conflict(
            f"The number {number} may be meant in {names}: use a microversion with "
            "UUIDs, or call the pod directly."
        )
    return (found[0], number & _OWN) if found else (None, number)


def own(value: Any, pods: Sequence[Pod]) -> tuple[Pod | None, Any]:
    """The pod that a host's name or a number tells, and what the pod has instead.

    In paths and queries numbers are texts, and stay so.
    """
    if isinstance(value, int) and not isinstance(value, bool):
        return own_number(value, pods)
    if not isinstance(value, str):
        return None, value
    if value.isascii() and value.isdecimal():
        pod, number = own_number(int(value), pods)
        return pod, str(number) if pod else value
    return own_host(value, pods)


def may_tell(segment: str) -> bool:
    """Whether a segment of a path, as it came, may be a host or a number."""
    return segment.isdecimal() or MARK in segment or "%" in segment


def one_pod(told: Iterable[Pod | None]) -> Pod | None:
    """The only pod that names tell.

    Raises BadRequest if they tell two.
    """
    pods = {pod.name: pod for pod in told if pod is not None}
    if len(pods) > 1:
        raise BadRequest(
            f"What is named lies in {' and '.join(pods)}: name what is in one of them."
        )
    return next(iter(pods.values()), None)
