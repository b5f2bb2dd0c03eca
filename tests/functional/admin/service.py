# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""tricircle-api in this process: all of it is real but the world outside.

Keystone knows two tokens, each named after its role.
"""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

from keystonemiddleware.auth_token import AuthProtocol, InvalidToken
from oslo_config import cfg

from tests.unit.tricircle.pods.world import World
from tests.unit.tricircle.regions.wire import token
from tricircle.admin.application import application
from tricircle.admin.edge import Edge
from tricircle.admin.guard import guard
from tricircle.admin.operation import Services
from tricircle.conf import admin, keystone
from tricircle.db import migration
from tricircle.db.engine import Database
from tricircle.jobs.nudge import Silence
from tricircle.pods.membership import Membership
from tricircle.regions.aggregates import REFUSALS

CONFIGURATION = """
[admin]
max_limit = 100
[keystone]
auth_type = password
auth_url = http://127.0.0.1:1/v3
username = tricircle
password = secret
[keystone_authtoken]
www_authenticate_uri = http://keystone.example.org/v3
"""


class Nudges(Silence):
    """Counts the nudges."""

    def __init__(self) -> None:
        self.count = 0

    def nudge(self) -> None:
        self.count += 1


@dataclass
class Service:
    """The application, and what is behind it."""

    app: Edge
    database: Database
    world: World
    nudges: Nudges


def fetch_token(self: AuthProtocol, text: str, **_: Any) -> dict[str, Any]:
    if text not in {"admin", "member"}:
        raise InvalidToken("Keystone does not know it")
    return token(role=text)


@contextmanager
def running(
    extra: str = "", database: Database | None = None, world: World | None = None
) -> Iterator[Service]:
    """A service with an empty database; ``extra`` is added to its configuration."""
    with (
        tempfile.TemporaryDirectory() as home,
        mock.patch.object(AuthProtocol, "fetch_token", fetch_token),
    ):
        file = Path(home, "tricircle.conf")
        file.write_text(CONFIGURATION + extra)
        conf = cfg.ConfigOpts()
        admin.register_opts(conf)
        keystone.register_opts(conf)
        conf(["--config-file", str(file)])
        own = Database(f"sqlite:///{home}/db.sqlite")
        if database is None:
            migration.sync(own)
        database = database or own
        world, nudges = world or World(), Nudges()
        membership = Membership(database, world, world, REFUSALS)
        services = Services(database, membership, nudges, conf.admin.max_limit)
        yield Service(application(conf, services, guard(conf)), database, world, nudges)
        own.dispose()
