# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""All that there is of a project, or of nobody else: in pods, and in tables.

Others may use the cloud meanwhile, so what belongs to other projects is left out. But
operators' things count: bridge networks and the addresses held for pods are theirs.
"""

from collections.abc import Callable, Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from configparser import ConfigParser
from functools import cache
from typing import Any

from sqlalchemy import MetaData, create_engine, select

from tests.integration.bench import GUESTS, PATHS, TOPOLOGY, connect
from tests.integration.cloud import Cloud
from tests.integration.waiting import assert_nothing_left

_CONFIG = PATHS.etc / TOPOLOGY.central.slug / "tricircle" / "tricircle.conf"
#: Of a project, not of what it has: where it goes, and what it may have.
_OF_PROJECTS = {"accounts", "bindings"}
_NETWORK: dict[str, Callable[[Any], Any]] = {
    "network": lambda network: network.networks(),
    "subnet": lambda network: network.subnets(),
    "port": lambda network: network.ports(),
    "router": lambda network: network.routers(),
    "floating IP": lambda network: network.ips(),
    "security group": lambda network: network.security_groups(),
    "security group rule": lambda network: network.security_group_rules(),
    "address group": lambda network: network.address_groups(),
    "QoS policy": lambda network: network.qos_policies(),
}


def inventory(cloud: Cloud) -> set[str]:
    """What there is, each with its place, kind, name and id."""
    projects = {cloud.project_id, cloud.admin.current_project_id, "", None}
    found = {*_rows(cloud.project_id), *_guests(projects)}
    places = ("admin", *(pod.slug for pod in TOPOLOGY.pods))
    with ThreadPoolExecutor(len(places)) as pool:
        return found.union(
            *pool.map(lambda place: {*_of_region(place, projects)}, places)
        )


def assert_nothing_is_left(
    cloud: Cloud, before: set[str], besides: Collection[str] = ()
) -> None:
    """All that was made since is gone, as soon as jobs are done.

    But what is ``besides``, by parts of its lines: others may use it, too.
    """

    def left() -> list[str]:
        made = inventory(cloud) - before
        return sorted(one for one in made if not any(part in one for part in besides))

    assert_nothing_left(left)


def _of_region(place: str, projects: set[str | None]) -> Iterator[str]:
    region = _connection(place)
    own = _own_groups(region.network)
    for kind, listed in _NETWORK.items():
        for one in listed(region.network):
            if one.project_id not in projects or one.id in own:
                continue
            if getattr(one, "security_group_id", None) not in own:
                yield f"{place}: {kind} {one.name} {one.id}"
    for server in region.compute.servers(all_projects=True):
        if server.project_id in projects:
            yield f"{place}: server {server.name} {server.id}"


@cache
def _connection(place: str) -> Any:
    return connect(place)


def _own_groups(network: Any) -> set[str]:
    """The groups that Neutron gives each project by itself, and never takes back."""
    return {
        group.id
        for group in network.security_groups(name="default")
        if not any(tag.startswith("tricircle:") for tag in group.tags)
    }


def _guests(projects: set[str | None]) -> Iterator[str]:
    for guest in GUESTS.list():
        if guest.project_id in projects:
            yield f"{guest.host.name}: guest {guest.name} {guest.uuid}"


def _rows(project: str) -> Iterator[str]:
    """The rows of a project in Tricircle's tables, but jobs that are done."""
    config = ConfigParser(interpolation=None)
    config.read(_CONFIG)
    engine = create_engine(config["database"]["connection"])
    tables = MetaData()
    tables.reflect(engine)
    with engine.connect() as connection:
        for table in tables.tables.values():
            if "project_id" not in table.c or table.name in _OF_PROJECTS:
                continue
            chosen = select(table).where(table.c.project_id == project)
            if table.name == "jobs":
                chosen = chosen.where(table.c.state != "done")
            for row in connection.execute(chosen).mappings():
                yield f"table {table.name}: {dict(row)}"
    engine.dispose()
