# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""What can go wrong in the lab, each with the sentence that the user reads.

::

    LabError
     +- TopologyError     topology.toml asks for something impossible
     +- PreflightError    this machine can't run the lab as it is
     +- CommandError      a command failed; carries its last lines of output
     +- ServiceError      a service died or did not become ready
"""


class LabError(Exception):
    """The lab can't go on. ``str()`` is one clear message for its user."""


class TopologyError(LabError):
    """The topology file is wrong."""


class PreflightError(LabError):
    """The machine lacks something that the lab needs."""


class CommandError(LabError):
    """A command ended with an error."""


class ServiceError(LabError):
    """A service died or is not ready in time."""
