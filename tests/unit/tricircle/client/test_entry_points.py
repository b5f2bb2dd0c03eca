# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
import importlib
import inspect
import pkgutil
import tomllib
from pathlib import Path
from typing import Any

import pytest
from osc_lib.command.command import Command

from tricircle.client import commands, plugin
from tricircle.client.commands import base
from tricircle.client.commands.pod import PLACED
from tricircle.placed.nouns import NOUNS

ROOT = Path(__file__).parents[4]


def declared(group: str) -> dict[str, str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    found: dict[str, str] = project["entry-points"][group]
    return found


COMMANDS = declared(f"openstack.{plugin.API_NAME}.v{plugin.DEFAULT_API_VERSION}")


def load(where: str) -> Any:
    module, _, name = where.partition(":")
    return getattr(importlib.import_module(module), name)


def test_openstackclient_finds_the_plugin() -> None:
    (module,) = declared("openstack.cli.extension").values()
    assert importlib.import_module(module) is plugin


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_says_what_it_does(name: str) -> None:
    command = load(COMMANDS[name])
    assert name.startswith("multiregion_")
    parser = command(None, None).get_parser("openstack")
    assert command.__doc__.startswith(parser.description.splitlines()[0])
    assert "<" in parser.format_usage() or name.endswith("_list")


def test_each_command_can_be_typed() -> None:
    classes = set()
    for one in pkgutil.iter_modules(commands.__path__):
        module = importlib.import_module(f"{commands.__name__}.{one.name}")
        for _, found in inspect.getmembers(module, inspect.isclass):
            if issubclass(found, Command) and found.__module__ == module.__name__:
                classes.add(found)
    classes -= {member for _, member in inspect.getmembers(base, inspect.isclass)}
    assert {load(where) for where in COMMANDS.values()} == classes


def test_the_client_knows_what_is_placed() -> None:
    assert set(NOUNS) == PLACED
