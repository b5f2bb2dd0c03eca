# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""A word of ``spec``: what a pod makes by itself, besides what is asked for."""

from enum import StrEnum


class Makes(StrEnum):
    """What takes of a project's volumes or snapshots, though nobody asks for it."""

    BOOT_VOLUMES = "boot_volumes"
    """What a server is to be booted with, and is no volume yet."""
    SERVER_SNAPSHOTS = "server_snapshots"
    """Of each volume of a server that boots from one, for an image of it."""
    RESTORED_VOLUME = "restored_volume"
    """Of a backup, where it does not go into a volume that is there."""
    GROUP_VOLUMES = "group_volumes"
    """As many as the group, or the snapshot of one, that a new one is made of."""
    GROUP_SNAPSHOTS = "group_snapshots"
    """Of each volume of a group."""
    ACCEPTED = "accepted"
    """A volume of another project, and with it perhaps its snapshots."""
