# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Routings: where resources are."""

from tricircle.client.commands.base import (
    OF_POD,
    OF_PROJECT,
    OF_RESOURCE,
    DeleteCommand,
    Filter,
    ListCommand,
    ShowCommand,
)
from tricircle.client.nouns import ROUTING


class ListRoutings(ListCommand):
    """List routings, oldest first."""

    noun = ROUTING
    filters = (
        Filter("--resource-type", "resource_type", "Only those: server, network ..."),
        OF_RESOURCE,
        OF_POD,
        Filter(
            "--pod-resource",
            "pod_resource_id",
            "Only that of the resource with this ID in its pod",
        ),
        OF_PROJECT,
        Filter("--state", "state", "Only those: pending, active or deleting"),
    )


class ShowRouting(ShowCommand):
    """Show a routing."""

    noun = ROUTING


class DeleteRouting(DeleteCommand):
    """Forget where resources are; they stay in their pods. This is for repairs."""

    noun = ROUTING
