# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Bindings: the pods that projects use."""

import argparse

from osc_lib.command import command

from tricircle.client.commands.base import (
    OF_POD,
    OF_PROJECT,
    DeleteCommand,
    Filter,
    ListCommand,
    Row,
    ShowCommand,
    add_project_domain,
    add_which,
    api,
    id_of,
    shown,
)
from tricircle.client.names import project_id
from tricircle.client.nouns import BINDING, POD


class CreateBinding(command.ShowOne):
    """Bind a project to a pod, which takes its new resources in the pod's zone."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Return the parser of the command's arguments."""
        parser = super().get_parser(prog_name)
        parser.add_argument(
            "--project",
            metavar="<project>",
            required=True,
            help="Project (name or ID)",
        )
        add_project_domain(parser)
        add_which(parser, POD)
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Row:
        """Return the names and the values."""
        cloud = self.app.client_manager.sdk_connection
        given = {
            "project_id": project_id(
                cloud, parsed_args.project, parsed_args.project_domain
            ),
            "pod_id": id_of(self, POD, parsed_args.which),
        }
        return shown(self, BINDING, api(self).create(BINDING, given))


class ListBindings(ListCommand):
    """List bindings, oldest first."""

    noun = BINDING
    filters = (
        OF_PROJECT,
        OF_POD,
        Filter("--availability-zone", "az_name", "Only those of this zone"),
    )


class ShowBinding(ShowCommand):
    """Show a binding."""

    noun = BINDING


class DeleteBinding(DeleteCommand):
    """Delete bindings to pods where their projects have nothing."""

    noun = BINDING
