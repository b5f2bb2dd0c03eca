# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Commands, run in this process against the real API and a wire with OpenStack."""

import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from falcon.testing import TestClient
from openstack.config.cloud_region import from_session
from openstack.connection import Connection
from osc_lib.command.command import Command

from tests.functional.admin.service import Service, running
from tests.unit.tricircle.regions.wire import Answer, Request, Wire
from tricircle.client import plugin
from tricircle.pods import registry

CATALOGUE = {
    "Cascading": "http://tricircle/v1.0",
    "identity": "http://identity/v3",
    "network": "http://neutron",
}
#: Those of the pods that each shell begins with.
IDS = {
    name: f"{number:08}-0000-4000-8000-{0:012}"
    for number, name in enumerate(("RegionOne", "Pod1", "Pod2"))
}


@dataclass
class Shell:
    """What commands talk to: ``networks``, ``ports`` and ``projects`` are central.

    ``asked`` are the queries to the API; ``role`` is that of the token.
    """

    service: Service
    networks: list[dict[str, Any]] = field(default_factory=list)
    ports: list[dict[str, Any]] = field(default_factory=list)
    projects: dict[str, str] = field(default_factory=dict)
    role: str = "admin"
    asked: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        hosts = {"tricircle": self._api, "identity": self._keystone}
        wire = Wire({**hosts, "neutron": self._neutron}, {"RegionOne": CATALOGUE})
        session = wire.connect()
        config = from_session(session, region_name="RegionOne")
        config.config["interface"] = "internal"
        cloud = Connection(config=config)
        self._manager: Any = SimpleNamespace(
            session=session,
            region_name="RegionOne",
            interface="internal",
            sdk_connection=cloud,
            network=cloud.network,
        )
        self._manager.multiregion = plugin.make_client(self._manager)

    def __call__(self, command: type[Command], *words: str) -> str:
        """Run a command with these arguments; return what it prints."""
        printed = io.StringIO()
        app: Any = SimpleNamespace(client_manager=self._manager, stdout=printed)
        run = command(app, None)
        run.run(run.get_parser("openstack").parse_args(list(words)))
        return printed.getvalue()

    def json(self, command: type[Command], *words: str) -> Any:
        """Run a command that shows something; return that."""
        return json.loads(self(command, "-f", "json", *words))

    def column(self, command: type[Command], name: str, *words: str) -> list[str]:
        """Run a command that lists something; return a column of it."""
        return self(command, "-f", "value", "-c", name, *words).splitlines()

    def _api(self, request: Request) -> Answer:
        query = "&".join(f"{key}={text}" for key, (text,) in request.query.items())
        self.asked.append(f"{request.method} {request.path}?{query}")
        result = TestClient(self.service.app).simulate_request(
            request.method,
            request.path,
            query_string=query,
            headers={**request.headers, "X-Auth-Token": self.role},
            json=request.body,
        )
        return Answer(result.status_code, result.text or None, result.headers)

    def _neutron(self, request: Request) -> Answer:
        match request.path.split("/"):
            case ["", ""] | ["", "v2.0", ""]:
                links = [{"rel": "self", "href": "http://neutron/v2.0/"}]
                version = {"id": "v2.0", "status": "CURRENT", "links": links}
                return Answer(200, {"versions": [version]})
            case ["", "v2.0", "networks", id_]:
                found = [one for one in self.networks if one["id"] == id_]
                return Answer(200, {"network": found[0]}) if found else _nothing()
            case ["", "v2.0", "networks"]:
                (name,) = request.query["name"]
                found = [one for one in self.networks if one["name"] == name]
                return Answer(200, {"networks": found})
            case ["", "v2.0", "ports"]:
                (id_,) = request.query["network_id"]
                found = [one for one in self.ports if one["network_id"] == id_]
                return Answer(200, {"ports": found})
        raise AssertionError(request.path)

    def _keystone(self, request: Request) -> Answer:
        match request.path.rstrip("/").split("/"):
            case ["", "v3"]:
                links = [{"rel": "self", "href": "http://identity/v3/"}]
                version = {"id": "v3.14", "status": "stable", "links": links}
                return Answer(200, {"version": version})
            case ["", "v3", "projects", id_]:
                found = {key: name for key, name in self.projects.items() if key == id_}
            case ["", "v3", "projects"]:
                (name,) = request.query["name"]
                found = {key: one for key, one in self.projects.items() if one == name}
        projects = [{"id": key, "name": name} for key, name in found.items()]
        if request.path == "/v3/projects":
            return Answer(200, {"projects": projects})
        return Answer(200, {"project": projects[0]}) if projects else _nothing()


def _nothing() -> Answer:
    return Answer(404, {"error": {"message": "there is no such thing"}})


@contextmanager
def opened(extra: str = "") -> Iterator[Shell]:
    """A shell at a cloud of a central region, Pod1 in az1 and Pod2 in az2."""
    with running(extra) as service:
        with service.database.write() as session:
            registry.create(session, name="RegionOne", pod_id=IDS["RegionOne"])
            for number in (1, 2):
                registry.create(
                    session,
                    name=f"Pod{number}",
                    az_name=f"az{number}",
                    aggregate_id=number,
                    pod_id=IDS[f"Pod{number}"],
                )
        yield Shell(service)
