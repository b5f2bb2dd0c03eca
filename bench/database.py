# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Tricircle's database, filled as an operator and users would have filled it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench import answers
from bench.addresses import origin
from tricircle.db import migration
from tricircle.db.engine import Database
from tricircle.db.models import Route, RouteState
from tricircle.pods import registry


@dataclass(frozen=True)
class Pod:
    """A pod, and the servers that are known to be in it."""

    name: str
    zone: str
    port: int
    servers: Sequence[str]


def make(file: Path, central: int, pods: Sequence[Pod]) -> None:
    """Make a database in ``file``; ``central`` is the central Nova's port."""
    database = Database(f"sqlite:///{file}")
    migration.sync(database)
    with database.write() as session:
        registry.create(session, name="RegionOne", capabilities=_nova(central))
        for pod in pods:
            row = registry.create(
                session,
                name=pod.name,
                az_name=pod.zone,
                pod_az_name="nova",
                capabilities=_nova(pod.port),
            )
            session.flush()
            session.add_all(
                Route(
                    resource_type="server",
                    resource_id=id,
                    pod_id=row.id,
                    pod_resource_id=id,
                    project_id=answers.PROJECT,
                    is_sole=True,
                    state=RouteState.ACTIVE,
                )
                for id in pod.servers
            )
    database.dispose()


def _nova(port: int) -> dict[str, object]:
    return {
        "compute": {
            "url": f"{origin(port)}/v2.1",
            "min_microversion": "2.1",
            "max_microversion": "2.96",
        }
    }
