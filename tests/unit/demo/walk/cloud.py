# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""A cloud on a socket: it lets anyone in, makes, lists, shows and deletes things."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from uuid import uuid4

import yaml

#: A resource's path and its names in bodies.
KINDS = {
    "server": ("servers", "servers"),
    "flavor": ("flavors", "flavors"),
    "keypair": ("os-keypairs", "keypairs"),
    "volume": ("volumes", "volumes"),
    "network": ("networks", "networks"),
    "subnet": ("subnets", "subnets"),
    "port": ("ports", "ports"),
    "security_group": ("security-groups", "security_groups"),
    "security_group_rule": ("security-group-rules", "security_group_rules"),
    "image": ("images", "images"),
    "zone": ("os-availability-zone", "availabilityZoneInfo"),
}
_BY_PATH = {path: (kind, plural) for kind, (path, plural) in KINDS.items()}
#: The versions of the APIs, whose paths begin with their names.
_VERSIONS = {
    "identity": "v3",
    "compute": "v2.1",
    "block_storage": "v3",
    "image": "v2",
    "network": "v2.0",
}
_DOMAIN = {"id": "default", "name": "Default"}
_TOKEN = {
    "expires_at": "2100-01-01T00:00:00Z",
    "issued_at": "2000-01-01T00:00:00Z",
    "methods": ["password"],
    "user": {"id": "u", "name": "demo", "domain": _DOMAIN},
    "project": {"id": "p", "name": "demo", "domain": _DOMAIN},
    "catalog": [],
}


class FakeCloud:
    """What a cloud has, by kind and id.

    ``busy`` has ids that can't be deleted, and how often that will be said.
    ``fails`` counts the requests that come to nothing before the next is answered.
    ``born`` has the status of a thing that is made, by its kind.
    """

    def __init__(self) -> None:
        self.things: dict[str, dict[str, dict[str, Any]]] = {kind: {} for kind in KINDS}
        self.busy: dict[str, int] = {}
        self.fails = 0
        self.console = ""
        self.born: dict[str, str] = {}
        self.deleted: list[str] = []

    def put(self, kind: str, id_: str, **values: Any) -> None:
        """Make a thing."""
        self.things[kind][id_] = {"name": id_, **values, "id": id_}

    def answer(self, method: str, url: str, body: bytes) -> tuple[int, Any]:
        """The status and the body of the answer to a request."""
        if self.fails:
            self.fails -= 1
            return HTTPStatus.BAD_GATEWAY, {}
        parts = urlsplit(url)
        api, *words = parts.path.strip("/").split("/")
        if not words:
            return HTTPStatus.OK, {"version": _document(api)}
        if api == "identity":
            return HTTPStatus.CREATED, {"token": _TOKEN}
        kind, plural = _BY_PATH[words[0]]
        things = self.things[kind]
        if method == "POST" and len(words) == 1:
            return HTTPStatus.CREATED, self._make(kind, json.loads(body))
        if len(words) == 1 or words[1] == "detail":
            return HTTPStatus.OK, {plural: self._listed(kind, parts.query)}
        if words[1] not in things:
            return HTTPStatus.NOT_FOUND, {}
        if method == "POST":
            return HTTPStatus.OK, {"output": self.console}
        if method == "DELETE":
            return self._delete(kind, words[1]), {}
        return HTTPStatus.OK, {kind: things[words[1]]}

    def _make(self, kind: str, body: dict[str, Any]) -> dict[str, Any]:
        ((singular, wanted),) = body.items()
        born = {"status": self.born[kind]} if kind in self.born else {}
        id_ = f"{kind}-{uuid4()}"
        self.put(kind, id_, **wanted, **born)
        return {singular: self.things[kind][id_]}

    def _listed(self, kind: str, query: str) -> list[Any]:
        given = dict(parse_qsl(query))
        found = [
            thing
            for thing in self.things[kind].values()
            if all(thing.get(key, value) == value for key, value in given.items())
        ]
        return [{"keypair": one} for one in found] if kind == "keypair" else found

    def _delete(self, kind: str, id_: str) -> HTTPStatus:
        if self.busy.get(id_, 0):
            self.busy[id_] -= 1
            return HTTPStatus.CONFLICT
        del self.things[kind][id_]
        self.deleted.append(id_)
        return HTTPStatus.NO_CONTENT


def _document(api: str) -> dict[str, Any]:
    here = [{"rel": "self", "href": f"/{api}"}]
    return {"id": _VERSIONS[api], "status": "CURRENT", "links": here}


@contextmanager
def serving(cloud: FakeCloud) -> Iterator[str]:
    """Serve a cloud; gives its URL."""

    class Handler(BaseHTTPRequestHandler):
        def _any(self) -> None:
            given = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            status, body = cloud.answer(self.command, self.path, given)
            content = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("X-Subject-Token", "token")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_DELETE = _any  # noqa: N815 (the server's names)

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def write_clouds(path: Path, urls: dict[str, str]) -> Path:
    """A ``clouds.yaml`` for clouds that are served."""
    clouds = {
        name: {
            "auth": {
                "auth_url": f"{url}/identity",
                "username": "demo",
                "password": "guards nothing",
                "project_name": "demo",
                "user_domain_id": "default",
                "project_domain_id": "default",
            },
            "region_name": name,
            "interface": "public",
            "identity_api_version": 3,
        }
        | {f"{api}_endpoint_override": f"{url}/{api}" for api in _VERSIONS}
        for name, url in urls.items()
    }
    path.write_text(yaml.safe_dump({"clouds": clouds}))
    return path
