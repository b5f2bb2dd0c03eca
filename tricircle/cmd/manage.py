# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""``tricircle-manage``: what an operator does to Tricircle while it need not run."""

import argparse
import logging
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from oslo_config import cfg

from tricircle.cmd import network_verify
from tricircle.conf import database as database_conf
from tricircle.db import migration
from tricircle.db.engine import Database, from_conf
from tricircle.db.errors import DatabaseError


@dataclass(frozen=True)
class Command:
    """What two words do: ``run`` returns the exit status."""

    run: Callable[[cfg.ConfigOpts, Database], int]
    help: str
    add_options: Callable[[argparse.ArgumentParser], None] = lambda parser: None


def db_sync(conf: cfg.ConfigOpts, database: Database) -> int:
    """Bring the database's schema to this version of Tricircle; may be repeated."""
    before = migration.sync(database)
    if before.is_current:
        print(f"{before.head}: nothing to do")
    else:
        print(f"{before.current or 'empty'} -> {before.head}")
    return 0


def db_version(conf: cfg.ConfigOpts, database: Database) -> int:
    """Print the schema's revision and the newest that this version knows."""
    version = migration.version(database)
    print(f"current: {version.current or 'none'}")
    print(f"head: {version.head}")
    return 0


#: The commands, by their two words.
COMMANDS: dict[tuple[str, str], Command] = {
    ("db", "sync"): Command(db_sync, "bring the database's schema to this version"),
    ("db", "version"): Command(db_version, "print the database's schema's revision"),
    ("network", "verify"): Command(
        network_verify.run,
        "compare the networks of the central region with those in pods",
        network_verify.add_options,
    ),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return the exit status.

    0 if it was done, 1 if it could not be done, or found something wrong; a wrong
    command line or configuration ends with 2. ``arguments`` are the command line's
    without its name.
    """
    conf = cfg.ConfigOpts()
    database_conf.register_opts(conf)
    network_verify.register_opts(conf)
    conf.register_cli_opt(cfg.SubCommandOpt("noun", handler=_add_commands))
    try:
        conf(arguments, project="tricircle", prog="tricircle-manage")
        database = from_conf(conf)
    except (cfg.Error, DatabaseError) as error:
        print(f"tricircle-manage: {error}", file=sys.stderr)
        return 2
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    return _run(COMMANDS[conf.noun.name, conf.noun.verb], conf, database)


def _run(command: Command, conf: cfg.ConfigOpts, database: Database) -> int:
    try:
        return command.run(conf, database)
    except DatabaseError as error:
        print(f"tricircle-manage: {error}", file=sys.stderr)
        return 1
    finally:
        database.dispose()


def _add_commands(nouns: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    for noun in dict.fromkeys(noun for noun, _ in COMMANDS):
        verbs = nouns.add_parser(noun).add_subparsers(dest="verb", required=True)
        for (its_noun, verb), command in COMMANDS.items():
            if its_noun == noun:
                command.add_options(verbs.add_parser(verb, help=command.help))


if __name__ == "__main__":
    sys.exit(main())
