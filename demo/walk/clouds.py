# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Connections to the clouds of ``clouds.yaml``: for looking, and for removing."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from keystoneauth1.exceptions.base import ClientException
from openstack.config import OpenStackConfig
from openstack.connection import Connection
from openstack.exceptions import SDKException

from demo.walk.errors import WalkError

#: What a connection can raise.
FAILURES = (SDKException, ClientException)


class Clouds:
    """The clouds of a file, each connected when it is first asked for."""

    def __init__(self, path: Path) -> None:
        """Read the file; the user's own settings and variables play no part."""
        self._config = OpenStackConfig(config_files=[str(path)], load_envvars=False)
        self._connections: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        """An openstacksdk connection; what it raises, `answering` translates."""
        if name not in self._connections:
            self._connections[name] = Connection(config=self._config.get_one(name))
        return self._connections[name]


@contextmanager
def answering(what: str) -> Iterator[None]:
    """Turn the SDK's errors within into a WalkError that says ``what`` was asked."""
    try:
        yield
    except FAILURES as error:
        raise WalkError(f"{what}: {error}") from error
