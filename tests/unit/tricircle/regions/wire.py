# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""A wire with OpenStack at its end, as far as ``regions`` asks it."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests
from keystoneauth1.identity.v3 import Password
from keystoneauth1.session import Session
from requests.adapters import BaseAdapter

from tricircle.regions.session import Regions

KEYSTONE = "http://keystone:5000"


@dataclass
class Request:
    """A request, as the service sees it."""

    method: str
    path: str
    query: Mapping[str, list[str]]
    headers: Mapping[str, str]
    body: Any


@dataclass
class Answer:
    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


Handler = Callable[[Request], Answer]


@dataclass
class Wire(BaseAdapter):
    """Hosts by name; the catalogue: region -> service type -> URL."""

    hosts: dict[str, Handler] = field(default_factory=dict)
    catalogue: dict[str, dict[str, str]] = field(default_factory=dict)
    regions: set[str] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)
    tokens: int = 0
    is_up: bool = True

    def __post_init__(self) -> None:
        BaseAdapter.__init__(self)
        self.hosts.setdefault("keystone", self.keystone)

    def connect(self) -> Session:
        http = requests.Session()
        http.mount("http://", self)
        auth = Password(
            f"{KEYSTONE}/v3",
            username="tricircle",
            password="secret",
            user_domain_id="default",
            project_name="admin",
            project_domain_id="default",
        )
        return Session(auth, session=http, timeout=1)

    def open(self) -> Regions:
        return Regions(self.connect)

    def send(
        self, request: requests.PreparedRequest, *args: Any, **kwargs: Any
    ) -> requests.Response:
        assert request.url
        assert request.method
        url = urlsplit(request.url)
        handler = self.hosts.get(url.hostname or "")
        if handler is None:
            raise requests.exceptions.ConnectionError("nobody listens")
        self.asked.append(f"{request.method} {url.hostname}{url.path}")
        assert isinstance(request.body, bytes | str | None)
        body = json.loads(request.body) if request.body else None
        answer = handler(
            Request(
                request.method,
                url.path,
                parse_qs(url.query),
                {key: str(value) for key, value in request.headers.items()},
                body,
            )
        )
        response = requests.Response()
        response.status_code = answer.status
        response.request = request
        response.url = request.url
        raw = answer.body if isinstance(answer.body, str) else json.dumps(answer.body)
        response.headers.update(answer.headers)
        response._content = b"" if answer.body is None else raw.encode()
        return response

    def close(self) -> None:
        pass

    def keystone(self, request: Request) -> Answer:
        if not self.is_up:
            return Answer(503, "away")
        if request.path == "/v3/auth/tokens":
            self.tokens += 1
            return Answer(201, self._token(), {"X-Subject-Token": "t"})
        if request.path == "/v3":
            version = {"id": "v3.14", "status": "stable", "links": []}
            return Answer(200, {"version": version})
        name = request.path.removeprefix("/v3/regions/")
        if name in self.regions:
            return Answer(200, {"region": {"id": name}})
        return Answer(404, {"error": {"message": f"Could not find region: {name}."}})

    def _token(self) -> dict[str, Any]:
        endpoints: dict[str, list[dict[str, str]]] = {}
        for region, services in self.catalogue.items():
            for type_, url in services.items():
                endpoint = {"interface": "internal", "region_id": region, "url": url}
                endpoints.setdefault(type_, []).append(endpoint)
        return token(
            [{"type": type_, "endpoints": endpoints[type_]} for type_ in endpoints]
        )


def token(
    catalogue: Sequence[Mapping[str, Any]] = (), role: str = "admin"
) -> dict[str, Any]:
    """A token of a project, as Keystone shows it."""
    domain = {"id": "default", "name": "Default"}
    return {
        "token": {
            "methods": ["password"],
            "user": {"id": "u1", "name": "someone", "domain": domain},
            "project": {"id": "p1", "name": "admin", "domain": domain},
            "roles": [{"id": role, "name": role}],
            "catalog": list(catalogue),
            "issued_at": "2020-01-01T00:00:00.000000Z",
            "expires_at": "2100-01-01T00:00:00.000000Z",
        }
    }


def versions(url: str, id_: str, low: str = "", high: str = "") -> dict[str, Any]:
    """A version document with one version."""
    links = [{"rel": "self", "href": url}]
    version = {"id": id_, "status": "CURRENT", "links": links}
    if low:
        version |= {"min_version": low, "version": high}
    return {"versions": [version]}
