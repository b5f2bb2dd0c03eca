# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Listing, showing, and doing something with each of several: the same for all nouns.

What parsing and showing the API's answers have in common is here; what a noun has of
its own is in its module.
"""

import argparse
from abc import abstractmethod
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from osc_lib.command import command
from osc_lib.exceptions import CommandError

from tricircle.client.asking import Api, Document
from tricircle.client.names import PodNames, past_project_id
from tricircle.client.nouns import POD, Column, Noun, Shown

#: The names and the values of a row, or of rows.
Row = tuple[Sequence[str], Sequence[Any]]
Rows = tuple[Sequence[str], Iterable[Sequence[Any]]]


def api(run: command.Command) -> Api:
    """Return the client that ``plugin`` made for a command."""
    manager: Any = run.app.client_manager
    client: Api = manager.multiregion
    return client


@dataclass(frozen=True)
class Filter:
    """An option of a list, the parameter that it becomes, and how it is read."""

    option: str
    parameter: str
    help: str
    read: Callable[["ListCommand", argparse.Namespace, str], str] | None = None

    @property
    def dest(self) -> str:
        """Where the parser puts it."""
        return self.option.strip("-").replace("-", "_")


class ListCommand(command.Lister):
    """Lists what fits the filters: all pages, unless a limit is given."""

    noun: ClassVar[Noun]
    filters: ClassVar[tuple[Filter, ...]]

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Return the parser of the command's arguments."""
        parser = super().get_parser(prog_name)
        for one in self.filters:
            parser.add_argument(one.option, metavar=f"<{one.dest}>", help=one.help)
        if OF_PROJECT in self.filters:
            add_project_domain(parser)
        parser.add_argument("--long", action="store_true", help="Show more columns")
        parser.add_argument(
            "--limit",
            metavar="<limit>",
            type=_count,
            help=f"Show that many {self.noun.word}s at most, instead of all",
        )
        parser.add_argument(
            "--marker",
            metavar=f"<{self.noun.word}>",
            help=f"Show what follows this {self.noun.word} (ID)",
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Rows:
        """Return the headings and the rows."""
        query = {}
        for one in self.filters:
            given = getattr(parsed_args, one.dest)
            if given is not None:
                read = one.read
                query[one.parameter] = read(self, parsed_args, given) if read else given
        found = api(self).find(self.noun, query, parsed_args.limit, parsed_args.marker)
        shown = {Shown.LIST, Shown.LONG} if parsed_args.long else {Shown.LIST}
        columns = [one for one in self.noun.columns if one.shown in shown]
        rows = [_values(columns, one) for one in named(self, self.noun, found)]
        return [one.heading for one in columns], rows


class ShowCommand(command.ShowOne):
    """Shows one."""

    noun: ClassVar[Noun]

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Return the parser of the command's arguments."""
        parser = super().get_parser(prog_name)
        add_which(parser, self.noun)
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Row:
        """Return the names and the values."""
        id_ = id_of(self, self.noun, parsed_args.which)
        return shown(self, self.noun, api(self).get(self.noun, id_))


class EachCommand(command.Command):
    """Does something with each of several; a failure does not spare the others."""

    noun: ClassVar[Noun]
    #: What could not be done, if it could not: "delete".
    verb: ClassVar[str]

    @abstractmethod
    def act(self, id_: str) -> None:
        """Do it with one; CommandError."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Return the parser of the command's arguments."""
        parser = super().get_parser(prog_name)
        add_which(parser, self.noun, nargs="+")
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> None:
        """Do it with all."""
        failures: list[CommandError] = []
        for which in parsed_args.which:
            try:
                self.act(id_of(self, self.noun, which))
            except CommandError as error:
                failures.append(error)
        asked = len(parsed_args.which)
        if failures and asked == 1:
            raise failures[0]
        for failure in failures:
            self.log.error("%s", failure)
        if failures:
            raise CommandError(
                f"could not {self.verb} {len(failures)} of {asked} {self.noun.word}s"
            )


class DeleteCommand(EachCommand):
    """Deletes each of several."""

    verb = "delete"

    def act(self, id_: str) -> None:
        """Delete one."""
        api(self).delete(self.noun, id_)


def add_which(parser: argparse.ArgumentParser, noun: Noun, **options: Any) -> None:
    """Add the argument that says which one is meant."""
    known = "name or ID" if noun is POD else "ID"
    parser.add_argument(
        "which",
        metavar=f"<{noun.word}>",
        help=f"{noun.word.capitalize()} ({known})",
        **options,
    )


def add_project_domain(parser: argparse.ArgumentParser) -> None:
    """Add the option that tells projects of one name apart."""
    parser.add_argument(
        "--project-domain",
        metavar="<project_domain>",
        help="Domain of the project (name or ID), if others have one of that name",
    )


def id_of(run: command.Command, noun: Noun, which: str) -> str:
    """Return the id of what is meant: pods have names; CommandError."""
    return PodNames(api(run)).id_of(which) if noun is POD else which


def named(
    run: command.Command, noun: Noun, found: Iterable[Document]
) -> Iterable[Document]:
    """Return what the API told, with pods by their names."""
    return found if noun is POD else PodNames(api(run)).named(found)


def shown(run: command.Command, noun: Noun, one: Document) -> Row:
    """Return a document as it is shown: what no column names comes last."""
    (one,) = named(run, noun, [one])
    columns = [column for column in noun.columns if column.shown is not Shown.NOWHERE]
    columns += [
        Column(field, field)
        for field in one
        if field not in {column.field for column in noun.columns}
    ]
    return [column.name for column in columns], _values(columns, one)


def _count(text: str) -> int:
    count = int(text)
    if count < 1:
        raise argparse.ArgumentTypeError("it must be 1 or more")
    return count


def _values(columns: Iterable[Column], one: Document) -> list[Any]:
    return [
        column.look(one.get(column.field)) if column.look else one.get(column.field)
        for column in columns
    ]


def _pod_id(run: ListCommand, parsed_args: argparse.Namespace, given: str) -> str:
    return PodNames(api(run)).id_of(given)


def _project_id(run: ListCommand, parsed_args: argparse.Namespace, given: str) -> str:
    cloud = run.app.client_manager.sdk_connection
    return past_project_id(cloud, given, parsed_args.project_domain)


#: Filters of several nouns.
OF_POD = Filter("--pod", "pod_id", "Only those of this pod (name or ID)", _pod_id)
OF_PROJECT = Filter(
    "--project",
    "project_id",
    "Only those of this project (name or ID)",
    _project_id,
)
OF_RESOURCE = Filter(
    "--resource", "resource_id", "Only those of the resource with this ID, as users see"
)
