# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Pods, and the central region."""

import argparse
import time
from collections.abc import Mapping

from osc_lib.command import command
from osc_lib.exceptions import CommandError

from tricircle.client.commands.base import (
    DeleteCommand,
    Filter,
    ListCommand,
    Row,
    Rows,
    ShowCommand,
    add_which,
    api,
    id_of,
    shown,
)
from tricircle.client.nouns import POD

#: Options, and the fields that they become.
_FIELDS = {
    "availability_zone": "az_name",
    "pod_availability_zone": "pod_az_name",
    "data_center": "dc_name",
}


#: What users made there; the rest is replicas of what the central region has.
PLACED = frozenset(
    {
        "attachment",
        "backup",
        "cgsnapshot",
        "consistencygroup",
        "group",
        "group_snapshot",
        "server",
        "snapshot",
        "transfer",
        "volume",
    }
)


class CreatePod(command.ShowOne):
    """Make a region of Keystone a pod, or the central region.

    Its services are probed, and its availability zone appears in the central Nova. If
    it was interrupted, do it again.
    """

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Return the parser of the command's arguments."""
        parser = super().get_parser(prog_name)
        parser.add_argument("name", metavar="<region>", help="Region in Keystone")
        what = parser.add_mutually_exclusive_group(required=True)
        what.add_argument(
            "--availability-zone",
            metavar="<availability_zone>",
            help="Make it a pod of this zone, by the name that users choose",
        )
        what.add_argument(
            "--central", action="store_true", help="Make it the central region"
        )
        _add_fields(parser)
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Row:
        """Return the names and the values."""
        given = {"pod_name": parsed_args.name, **_fields(parsed_args)}
        return shown(self, POD, api(self).create(POD, given))


class ListPods(ListCommand):
    """List pods; what has no availability zone is the central region."""

    noun = POD
    filters = (
        Filter("--name", "pod_name", "Only the one of this name"),
        Filter("--availability-zone", "az_name", "Only those of this zone"),
        Filter("--state", "state", "Only those: active, cordoned, joining or leaving"),
        Filter("--health", "health", "Only those: up, degraded or down"),
    )


class ShowPod(ShowCommand):
    """Show a pod: its health, what lives there, and what its services can do."""

    noun = POD


class SetPod(command.Command):
    """Change a pod, or cordon it: it keeps what it has and takes nothing new."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Return the parser of the command's arguments."""
        parser = super().get_parser(prog_name)
        add_which(parser, POD)
        parser.add_argument(
            "--availability-zone",
            metavar="<availability_zone>",
            help="Its zone, by the name that users choose",
        )
        _add_fields(parser)
        state = parser.add_mutually_exclusive_group()
        state.add_argument(
            "--cordon",
            dest="state",
            action="store_const",
            const="cordoned",
            help="Let nothing new be made there",
        )
        state.add_argument(
            "--uncordon",
            dest="state",
            action="store_const",
            const="active",
            help="Let new things be made there again",
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> None:
        """Change it."""
        changes = _fields(parsed_args)
        if parsed_args.state:
            changes["state"] = parsed_args.state
        if not changes:
            raise CommandError("nothing to change: give one of the options")
        api(self).update(POD, id_of(self, POD, parsed_args.which), changes)


class DrainPod(command.Lister):
    """Cordon a pod, and list how much is still there.

    Its users delete or move what is placed there: nothing is moved by itself. Replicas
    are there until the central region deletes what they are copies of.
    """

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Return the parser of the command's arguments."""
        parser = super().get_parser(prog_name)
        add_which(parser, POD)
        parser.add_argument(
            "--wait",
            action="store_true",
            help="Come back when nothing is placed there any more, and tell how much is"
            " whenever that changes",
        )
        parser.add_argument(
            "--interval",
            metavar="<seconds>",
            type=_seconds,
            default=10.0,
            help="Seconds from one look to the next (default: 10)",
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Rows:
        """Return the headings, and a row for each type of resource."""
        pod_id = id_of(self, POD, parsed_args.which)
        pod = api(self).update(POD, pod_id, {"state": "cordoned"})
        left = pod["usage"]["routes"]
        while parsed_args.wait and _placed(left):
            time.sleep(parsed_args.interval)
            before, left = left, api(self).get(POD, pod_id)["usage"]["routes"]
            if _placed(left) != _placed(before):
                self.log.warning("%s", _told(_placed(left)))
        return ("What", "Type", "Left"), sorted(
            ("placed" if type_ in PLACED else "replica", type_, count)
            for type_, count in left.items()
        )


class DeletePod(DeleteCommand):
    """Forget pods in which nothing lives, and to which no project is bound."""

    noun = POD


class ProbePod(ShowCommand):
    """Find out anew what a pod can do, as after its upgrade, and show it."""

    noun = POD

    def take_action(self, parsed_args: argparse.Namespace) -> Row:
        """Return the names and the values."""
        id_ = id_of(self, POD, parsed_args.which)
        return shown(self, POD, api(self).call(POD, id_, "POST", "/probe"))


def _add_fields(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--pod-availability-zone",
        metavar="<pod_availability_zone>",
        help="The pod's own name for the zone; empty: the pod chooses one",
    )
    parser.add_argument(
        "--data-center",
        metavar="<data_center>",
        help="Its data centre, for people to know",
    )


def _fields(parsed_args: argparse.Namespace) -> dict[str, str]:
    given = {field: getattr(parsed_args, option) for option, field in _FIELDS.items()}
    return {field: text for field, text in given.items() if text is not None}


def _placed(left: Mapping[str, int]) -> dict[str, int]:
    return {type_: count for type_, count in left.items() if type_ in PLACED}


def _told(left: Mapping[str, int]) -> str:
    counts = ", ".join(f"{count} {type_}" for type_, count in sorted(left.items()))
    return f"still there: {counts}" if counts else "nothing is left"


def _seconds(text: str) -> float:
    seconds = float(text)
    if not seconds > 0:
        raise argparse.ArgumentTypeError("it must be more than 0")
    return seconds
