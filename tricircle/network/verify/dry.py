# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Clients and a database that only read, and tell what would have been written."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from functools import cache
from typing import Any, NoReturn, TypeVar

from sqlalchemy.orm import Session

from tricircle.db.engine import Database
from tricircle.network.verify import drift
from tricircle.regions.network import NetworkClient, NetworkClients, Resource

_T = TypeVar("_T")

#: What is matched as Neutron does, in what was listed.
_MARKS = frozenset({"tags", "description"})


class WouldWrite(Exception):
    """Here something would be written, of whose result all that follows depends."""


class ReadOnly(Database):
    """Another database, in which nothing is written: WouldWrite."""

    def __init__(self, database: Database) -> None:
        # It has no connections of its own.
        self._database = database

    def read(self) -> AbstractContextManager[Session]:
        """Open a transaction that only looks."""
        return self._database.read()

    def write(self) -> NoReturn:
        """Refuse. WouldWrite."""
        raise WouldWrite

    def alter(self) -> NoReturn:
        """Refuse. WouldWrite."""
        raise WouldWrite

    def retried(self, work: Callable[[Session], _T]) -> NoReturn:
        """Refuse. WouldWrite."""
        raise WouldWrite

    def retried_read(self, work: Callable[[Session], _T]) -> _T:
        """Run ``work`` in a transaction that only looks."""
        return self._database.retried_read(work)


class DryClients:
    """Clients that read; ``writes`` says what would have been written.

    ``listed``: read what there is of a kind once, in one call, instead of one by one.
    What came later is read when it is asked for.
    """

    def __init__(self, clients: NetworkClients, *, listed: bool = False) -> None:
        self.writes: list[str] = []
        self._clients = clients
        self._listed = listed
        self.network = cache(self._network)

    def _network(self, region: str) -> NetworkClient:
        client = self._clients.network(region)
        return _Recorder(_Listed(client) if self._listed else client, self.writes)


class _Listed:
    """Reads all of a kind when one is wanted."""

    def __init__(self, client: NetworkClient) -> None:
        self._client = client
        self._known: dict[str, dict[str, Resource]] = {}

    def find(self, kind: str, **filters: str | Sequence[str]) -> list[Resource]:
        if filters and not filters.keys() <= _MARKS:
            return self._client.find(kind, **filters)
        return [one for one in self._all(kind).values() if _matches(one, filters)]

    def get(self, kind: str, resource_id: str) -> Resource:
        found = self._all(kind).get(resource_id)
        return self._client.get(kind, resource_id) if found is None else found

    def _all(self, kind: str) -> dict[str, Resource]:
        if kind not in self._known:
            found = self._client.find(kind)
            self._known[kind] = {one["id"]: one for one in found}
        return self._known[kind]


class _Recorder:
    """Reads, and records what would be written.

    What is made has no id, and its result no value: there it ends. WouldWrite.
    """

    def __init__(self, client: "NetworkClient | _Listed", writes: list[str]) -> None:
        self._client = client
        self._writes = writes
        self.find = client.find
        self.get = client.get

    def create(self, kind: str, body: Mapping[str, Any]) -> NoReturn:
        self._writes.append(f"lacks a {kind}")
        raise WouldWrite

    def create_all(self, kind: str, bodies: Sequence[Mapping[str, Any]]) -> NoReturn:
        self._writes.append(f"lacks {len(bodies)} of {kind}")
        raise WouldWrite

    def update(
        self,
        kind: str,
        resource_id: str,
        changes: Mapping[str, Any],
        *,
        revision: int | None = None,
    ) -> Resource:
        present = self.get(kind, resource_id)
        self._writes += drift.updated(kind, changes, present)
        return {**present, **changes}

    def act(
        self, kind: str, resource_id: str, action: str, body: Mapping[str, Any]
    ) -> Resource:
        self._writes.append(f"{kind}: needs {action} {dict(body)}")
        return self.get(kind, resource_id)

    def delete(self, kind: str, resource_id: str) -> bool:
        self._writes.append(f"{kind} {resource_id} is too many")
        return True

    def tag(self, kind: str, resource_id: str, tags: Sequence[str]) -> None:
        self._writes.append(f"{kind}: lacks tags of {[*tags]}")


def _matches(one: Resource, filters: Mapping[str, str | Sequence[str]]) -> bool:
    tags = filters.get("tags")
    if tags is not None and tags not in one.get("tags", ()):
        return False
    description = filters.get("description")
    return description is None or one.get("description") == description
