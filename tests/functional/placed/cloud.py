# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Regions at the end of a wire: as much of Nova, Cinder and Neutron as is asked."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests

from tests.unit.tricircle.regions.wire import Answer, Request, Wire

#: Fewer than are asked for: an operator may bound them.
_PAGE = 2


@dataclass
class Collection:
    """Nova's servers or Cinder's volumes: shown, and listed in pages."""

    key: str
    project: str
    made: str
    items: dict[str, dict[str, Any]] = field(default_factory=dict)
    #: Whether the operator may list what all projects have.
    is_open: bool = True
    asked: list[str] = field(default_factory=list)

    def add(self, id_: str, project_id: str = "P", **more: Any) -> None:
        now = datetime.now(UTC).isoformat()
        self.items[id_] = {"id": id_, self.project: project_id, self.made: now, **more}

    def __call__(self, request: Request) -> Answer:
        assert request.method == "GET"
        _, _, below = request.path.partition(f"/{self.key}")
        self.asked.append(below or "/")
        if below not in {"", "/detail"}:
            return self._show(below.removeprefix("/"))
        assert request.query["all_tenants"] == ["1"]
        if not self.is_open:
            return Answer(403, {"forbidden": {"message": "not allowed"}})
        return Answer(200, {self.key: self._page(request.query)})

    def _show(self, id_: str) -> Answer:
        if id_ not in self.items or not self.is_open:
            return Answer(404, {"itemNotFound": {"message": f"no {id_}"}})
        return Answer(200, {self.key.removesuffix("s"): self.items[id_]})

    def _page(self, query: Mapping[str, list[str]]) -> list[dict[str, Any]]:
        (wanted,) = query.get("project_id", [None])
        found = [
            item for item in self.items.values() if wanted in {None, item[self.project]}
        ]
        ids = [item["id"] for item in found]
        (marker,) = query.get("marker", [None])
        start = ids.index(marker) + 1 if marker else 0
        return found[start : start + min(_PAGE, int(query["limit"][0]))]


class PlainWire(Wire):
    """A wire that tells also what a query names without a value."""

    query: Mapping[str, list[str]]

    def send(
        self, request: requests.PreparedRequest, *args: Any, **kwargs: Any
    ) -> requests.Response:
        query = urlsplit(str(request.url)).query
        self.query = parse_qs(query, keep_blank_values=True)
        return super().send(request, *args, **kwargs)


@dataclass
class Neutron:
    """Ports, with revisions; ``changes`` is what was done to them."""

    wire: PlainWire
    #: Whether it has read its policies.
    is_ready: bool = True
    ports: dict[str, dict[str, Any]] = field(default_factory=dict)
    changes: list[str] = field(default_factory=list)
    #: What others do to a port right before a change.
    meanwhile: Callable[[dict[str, Any]], None] = lambda port: None

    def add(self, id_: str, **more: Any) -> None:
        self.ports[id_] = {
            "id": id_,
            "project_id": "P",
            "network_id": "N",
            "mac_address": f"fa:16:3e:00:00:{len(self.ports):02x}",
            "device_id": "",
            "device_owner": "",
            "tags": [],
            "revision_number": 1,
            "updated_at": "2020-01-01T00:00:00Z",
            **more,
        }

    def __call__(self, request: Request) -> Answer:
        _, _, below = request.path.partition("/ports")
        id_, _, action = below.removeprefix("/").partition("/")
        if not id_:
            return self._list(self.wire.query)
        port = self.ports.get(id_) if self.is_ready else None
        if port is None:
            if not self.is_ready:
                return Answer(
                    404, {"type": "HTTPNotFound", "message": "", "detail": ""}
                )
            return Answer(
                404, {"NeutronError": {"type": "PortNotFound", "message": ""}}
            )
        if request.method == "GET":
            return Answer(200, {"port": port})
        self.meanwhile(port)
        self.changes.append(f"{request.method} {id_}{'/tags' if action else ''}")
        if request.method == "DELETE":
            del self.ports[id_]
            return Answer(204)
        return self._update(port, request, action)

    def _update(self, port: dict[str, Any], request: Request, action: str) -> Answer:
        wanted = request.headers.get("If-Match", "").removeprefix("revision_number=")
        if wanted and int(wanted) != port["revision_number"]:
            return Answer(412, {"NeutronError": {"type": "X", "message": ""}})
        port.update(request.body if action else request.body["port"])
        port["revision_number"] += 1
        return Answer(200, {"port": port})

    def _list(self, query: Mapping[str, list[str]]) -> Answer:
        (limit,) = query.get("limit", [None])
        (marker,) = query.get("marker", [""])
        filters = {
            name: values
            for name, values in query.items()
            if name not in {"limit", "marker", "fields"}
        }
        found = [
            port
            for id_, port in sorted(self.ports.items())
            if id_ > marker
            and all(port[name] in values for name, values in filters.items())
        ]
        return Answer(200, {"ports": found[:_PAGE] if limit else found})


class Pod:
    """A pod's services, by the name of its region."""

    def __init__(self, wire: PlainWire, name: str) -> None:
        self.servers = Collection("servers", "tenant_id", "created")
        self.volumes = Collection(
            "volumes", "os-vol-tenant-attr:tenant_id", "created_at"
        )
        self.neutron = Neutron(wire)
        self._wire, self._slug = wire, name.lower()
        wire.catalogue[name] = {
            "compute": f"http://nova.{self._slug}/v2.1",
            "block-storage": f"http://cinder.{self._slug}/v3",
            "network": f"http://neutron.{self._slug}",
        }
        self.up()

    def up(self) -> None:
        """Let it answer."""
        self._wire.hosts |= {
            f"nova.{self._slug}": self.servers,
            f"cinder.{self._slug}": self.volumes,
            f"neutron.{self._slug}": self.neutron,
        }

    def down(self) -> None:
        """Let nobody listen."""
        for service in ("nova", "cinder", "neutron"):
            del self._wire.hosts[f"{service}.{self._slug}"]
