# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""What may be installed on the lab beside OpenStack.

The lab knows nothing of it: the topology names a class, and the lab asks an object
of that class, at each point where it could want something, what it wants.
"""

import importlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from lab.config.ini import Ini
from lab.config.sections import Site
from lab.errors import TopologyError
from lab.processes import Service
from lab.steps import Step
from lab.topology import Region, Topology


@dataclass(frozen=True)
class Endpoint:
    """An entry of the catalogue: the service's type and name, a face, a URL."""

    type: str
    name: str
    interface: str
    url: str


class Addition:
    """Something on the lab beside OpenStack; this one is nothing at all."""

    @property
    def accounts(self) -> tuple[str, ...]:
        """Names under which it logs in.

        Each gets a database, a virtual host of RabbitMQ, and a user of Keystone who
        is an administrator and a service; all three are called like it, and their
        passwords are the credentials ``mariadb.NAME``, ``rabbitmq.NAME`` and
        ``keystone.NAME``.
        """
        return ()

    def files(self, site: Site, stock: Mapping[str, Ini]) -> Mapping[str, Ini]:
        """A region's configuration files by name, given the stock ones."""
        return stock

    def services(self, site: Site, stock: list[Service]) -> list[Service]:
        """A region's services, given the stock ones."""
        return stock

    def endpoints(self, region: Region) -> Iterable[Endpoint]:
        """Entries of the catalogue beside the stock ones, or in place of them."""
        return ()

    def preparation(self, site: Site) -> Iterator[Step]:
        """Steps that come before the central region's APIs start.

        They may need the lab's steps ``MariaDB``, ``RabbitMQ`` and ``OpenStack
        RELEASE``.
        """
        yield from ()

    def steps(self, site: Site, start: Callable[[Service], None]) -> Iterator[Step]:
        """Steps that start its own services; they may need any step of the lab.

        ``start`` starts a service, and waits until it answers where it listens.
        """
        yield from ()


def load(topology: Topology) -> Addition:
    """The addition that the topology names; TopologyError if it can't be had."""
    if not topology.addition:
        return Addition()
    module, _, name = topology.addition.partition(":")
    try:
        made = getattr(importlib.import_module(module), name)()
    except (ImportError, AttributeError, TypeError, ValueError) as error:
        raise TopologyError(
            f"cannot load the addition {topology.addition!r}, which should be "
            f"MODULE:CLASS: {error}"
        ) from error
    if not isinstance(made, Addition):
        raise TopologyError(f"the addition {topology.addition!r} is no Addition")
    return made
