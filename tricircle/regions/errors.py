# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""What can go wrong when we speak with a region.

::

    RegionsError
     +- CredentialUnusable   the section [keystone] can't be used
     +- RegionNotFound       Keystone has no such region
     +- ServiceMissing       the catalogue has no such service in the region
     +- Unreachable          no connection, or no answer in time
     +- Broken               it failed (5xx), or answered what can't be understood
     +- Refused              it said no (4xx); ``status`` says which
     |   +- Denied           401, 403: our credential is not enough
     |   +- NotThere         404
     |   +- Clash            409
     |       +- Outdated     412
     +- ZoneUnknown          the pod has no such availability zone
     +- AggregateTaken       an aggregate of that name is someone else's

After ``Unreachable`` and ``Broken`` nobody knows whether the call had its effect;
after the others it had none.
"""


class RegionsError(Exception):
    """It can't be done. ``str()`` names the thing at fault and says what to do."""


class CredentialUnusable(RegionsError):
    """The section [keystone] is incomplete or wrong."""


class RegionNotFound(RegionsError):
    """Keystone has no region of this name."""


class ServiceMissing(RegionsError):
    """The region has no endpoint of this service that we may use."""


class Unreachable(RegionsError):
    """The service could not be reached, or did not answer in time."""


class Broken(RegionsError):
    """The service failed, or its answer is not what it should be."""


class Refused(RegionsError):
    """The service refused the call, with ``status``."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


class Denied(Refused):
    """The operator's credential may not do this."""


class NotThere(Refused):
    """The service has no such thing."""


class Clash(Refused):
    """It does not fit to what is there."""


class Outdated(Clash):
    """Somebody changed it since it was read: read it again."""


class ZoneUnknown(RegionsError):
    """The region has no availability zone of this name."""


class AggregateTaken(RegionsError):
    """The aggregate of this name was not made by Tricircle."""
