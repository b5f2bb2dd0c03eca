# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""What ends a walk early, each with the sentence that its reader sees.

::

    WalkError
     +- CommandFailed     a client's command ended with an error
     +- Unexpected        an answer is not what it has to be
     +- TooSlow           what was waited for did not come
     +- NameTaken         somebody else has what the walk would make
"""


class WalkError(Exception):
    """The walk can't go on. ``str()`` is one clear message for its reader."""


class CommandFailed(WalkError):
    """A command can't be run, or ended with an error."""


class Unexpected(WalkError):
    """An answer is not what it has to be."""


class TooSlow(WalkError):
    """What was waited for did not come."""


class NameTaken(WalkError):
    """Something that the walk did not make has a name that the walk needs."""
