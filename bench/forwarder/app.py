# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""``application``: calls of users, forwarded to pods the old way.

It is generous where the forerunners were slow: one session for all calls, so that
connections are kept, no object-relational mapping, and pods that are known from the
beginning.
"""

import json
import os
import uuid
from typing import Any

import pecan
from keystoneauth1 import session, token_endpoint
from keystonemiddleware import auth_token
from pecan import rest
from sqlalchemy import create_engine, text
from webob import Response

_POOL = 64
_PAGE = 1000
_PASSED_ON = ("OpenStack-API-Version", "Content-Type", "Accept")

_ENGINE = create_engine(os.environ["FORWARDER_DATABASE"])
_ROUTE = text(
    "SELECT pods.name FROM routes JOIN pods ON pods.id = routes.pod_id"
    " WHERE routes.resource_type = 'server' AND routes.resource_id = :id"
)
_MADE = text("INSERT INTO forwarded (id, resource_id, pod) VALUES (:own, :id, :pod)")
_SESSION = session.Session(timeout=30)
for _scheme in ("http://", "https://"):
    _adapter = session.TCPKeepAliveAdapter(pool_connections=_POOL, pool_maxsize=_POOL)
    _SESSION.session.mount(_scheme, _adapter)


def _pods() -> dict[str, str]:
    """Each pod's Nova, by the pod's name; the central region is none."""
    rows = text("SELECT name, capabilities FROM pods WHERE az_name IS NOT NULL")
    with _ENGINE.begin() as connection:
        connection.execute(
            text(
                "CREATE TABLE IF NOT EXISTS forwarded"
                " (id CHAR(36) PRIMARY KEY, resource_id CHAR(36), pod VARCHAR(64))"
            )
        )
        found = connection.execute(rows).all()
    return {
        name: json.loads(known)["compute"]["url"].rstrip("/") for name, known in found
    }


_PODS = _pods()


def _call(pod: str, method: str, path: str, body: bytes | None = None) -> Any:
    """Call a pod with the user's own token."""
    request = pecan.request
    auth = token_endpoint.Token(_PODS[pod], request.headers["X-Auth-Token"])
    return _SESSION.request(
        f"{_PODS[pod]}{path}",
        method,
        auth=auth,
        data=body,
        headers={
            name: request.headers[name]
            for name in _PASSED_ON
            if name in request.headers
        },
        raise_exc=False,
    )


def _answer(document: Any, status: int, pod: str = "") -> Response:
    """Write what a pod said, with links that lead to us."""
    server = document.get("server")
    if server and pod:
        for link in server.get("links", ()):
            link["href"] = link["href"].replace(_PODS[pod], pecan.request.host_url)
    return Response(
        body=json.dumps(document).encode(),
        status=status,
        content_type="application/json",
        charset="UTF-8",
    )


class Servers(rest.RestController):  # type: ignore[misc]
    """``/servers``."""

    _custom_actions = {"detail": ["GET"]}  # noqa: RUF012 (as Pecan wants it)

    @pecan.expose(content_type="application/json")  # type: ignore[untyped-decorator]
    def get_one(self, id: str) -> Response:
        """Show a server that is known, from the pod where it is."""
        with _ENGINE.connect() as connection:
            pod = connection.execute(_ROUTE, {"id": id}).scalar_one()
        shown = _call(pod, "GET", f"/servers/{id}")
        return _answer(shown.json(), shown.status_code, pod)

    @pecan.expose(content_type="application/json")  # type: ignore[untyped-decorator]
    def detail(self, **query: str) -> Response:
        """List the servers of all pods, one pod after the other."""
        servers: list[dict[str, Any]] = []
        for pod in _PODS:
            servers += _call(pod, "GET", "/servers/detail").json()["servers"]
        servers.sort(key=lambda one: one["created"], reverse=True)
        limit = int(query.get("limit", _PAGE))
        return _answer({"servers": servers[:limit]}, 200)

    @pecan.expose(content_type="application/json")  # type: ignore[untyped-decorator]
    def post(self) -> Response:
        """Make a server in the first pod, and write down that it is there."""
        pod = next(iter(_PODS))
        document = json.loads(pecan.request.body)
        made = _call(pod, "POST", "/servers", json.dumps(document).encode())
        shown = made.json()
        with _ENGINE.begin() as connection:
            own, id = str(uuid.uuid4()), shown["server"]["id"]
            connection.execute(_MADE, {"own": own, "id": id, "pod": pod})
        return _answer(shown, made.status_code, pod)


class Version:
    """``/v2.1``."""

    servers = Servers()


class Root:
    """``/``."""

    @pecan.expose()  # type: ignore[untyped-decorator]
    def _lookup(self, version: str, *rest: str) -> tuple[Version, tuple[str, ...]]:
        """There is one version."""
        if version != "v2.1":
            pecan.abort(404)
        return Version(), rest


def _application() -> Any:
    keystone = os.environ["FORWARDER_KEYSTONE"]
    return auth_token.AuthProtocol(
        pecan.make_app(Root()),
        {
            "auth_type": "v3password",
            "auth_url": keystone,
            "www_authenticate_uri": keystone,
            "username": "bench",
            "password": "bench",
            "project_name": "bench",
            "user_domain_id": "default",
            "project_domain_id": "default",
            "service_token_roles_required": True,
        },
    )


application = _application()
