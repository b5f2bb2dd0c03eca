# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""What can go wrong when a central resource is realised in a pod.

::

    RealiseError
     +- CentralGone    the central region does not have it (any more)
     +- NotReachable   it cannot be in that pod: its network does not reach there
     +- Taken          something else has its place in that pod
     +- Exhausted      a range that the operator gave is used up
     +- Busy           someone else works on it, for longer than we wait
     +- Leaving        what uses it is on its way out of the pod
     +- HoldLost       someone else took over what we were working on

What Neutron itself answers passes through: ``tricircle.regions.errors``.
"""


class RealiseError(Exception):
    """It can't be realised. ``str()`` names the thing at fault and says what to do."""


class CentralGone(RealiseError):
    """The central region does not have it."""

    def __init__(self, kind: str, resource_id: str) -> None:
        super().__init__(f"the central region has no {kind} {resource_id}")
        self.kind = kind
        self.resource_id = resource_id


class NotReachable(RealiseError):
    """The network is of a type that is local to a pod, and lives in another one."""


class Taken(RealiseError):
    """Something else has its place in the pod, and has to go first."""


class Exhausted(RealiseError):
    """A range that the operator gave is used up."""


class Busy(RealiseError):
    """Someone else works on it; try again."""


class Leaving(RealiseError):
    """What uses it in the pod is a replica, too, of which another job parts."""


class HoldLost(RealiseError):
    """Someone else took it over; nothing more may be done here."""
