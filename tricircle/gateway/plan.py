# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""From a request to the calls that regions get: pure.

What the user sent is passed as it came; `document` is what was rewritten of it.
"""

from functools import lru_cache
from typing import Any
from urllib.parse import quote, unquote, urlencode

import orjson

from tricircle.gateway import naming
from tricircle.gateway.message import (
    HOP_BY_HOP,
    JSON,
    Answer,
    Call,
    Headers,
    Patience,
    Request,
    find,
)
from tricircle.gateway.ports import Pod
from tricircle.gateway.spec import Resource, Service
from tricircle.gateway.steps import Exchange

OPERATOR = "{operator}"
"""In the path of a call that is sent as the operator: the operator's project."""

_READS = frozenset({"GET", "HEAD", "OPTIONS"})

_WHO = ("user", "project", "domain", "user-domain", "project-domain", "tenant")
"""Of what keystonemiddleware tells a service the id and the name."""

_TOLD = frozenset(
    f"x-{whose}{text}".encode()
    for whose in ("", "service-")
    for text in (
        *(f"{who}-{what}" for who in _WHO for what in ("id", "name")),
        "identity-status",
        "role",
        "roles",
        "tenant",
        "user",
    )
)
"""What keystonemiddleware sets from a token, which nobody may send instead of one."""

# What the gateway itself decides about a call. Accept-Encoding: it must read answers.
# Forwarded: pods would build links of it. The token of a service is ours; that of a
# storage is what old clients called theirs, and only one token was checked.
_OURS = (
    HOP_BY_HOP
    | _TOLD
    | {
        b"host",
        b"content-length",
        b"accept-encoding",
        b"expect",
        b"forwarded",
        b"openstack-system-scope",
        b"x-forwarded-for",
        b"x-forwarded-host",
        b"x-forwarded-port",
        b"x-forwarded-prefix",
        b"x-forwarded-proto",
        b"x-is-admin-project",
        b"x-openstack-request-id",
        b"x-service-catalog",
        b"x-service-token",
        b"x-storage-token",
    }
)
_NOT_FOR_USERS = HOP_BY_HOP | {b"content-length", b"date", b"server"}


def headers(request: Request) -> Headers:
    """The user's headers, as a pod gets them."""
    named = connection_options(request.headers)
    # Without its token it would be another call: nobody's.
    unwanted = _OURS | (named - {b"x-auth-token"}) if named else _OURS
    # To a WSGI server x_roles is X-Roles: what has such a name goes nowhere.
    kept = [
        pair
        for pair in request.headers
        if pair[0] not in unwanted and b"_" not in pair[0]
    ]
    kept.append((b"x-openstack-request-id", request.request_id.encode()))
    return kept


def answer_headers(answer: Answer) -> Headers:
    """A pod's headers, as the user gets them."""
    named = connection_options(answer.headers)
    unwanted = _NOT_FOR_USERS | named if named else _NOT_FOR_USERS
    return [pair for pair in answer.headers if pair[0] not in unwanted]


def connection_options(headers: Headers) -> frozenset[bytes]:
    """Headers that ``Connection`` names: they end here too."""
    value = find(headers, b"connection")
    return _options(value) if value else frozenset()


@lru_cache(256)
def _options(value: bytes) -> frozenset[bytes]:
    """Nearly all say ``keep-alive``, which ends here in any case."""
    named = frozenset(name.strip().lower() for name in value.split(b","))
    return named - HOP_BY_HOP


def shown_at(resource: Resource, id: str) -> str:
    """The path of a resource that was named outside a path: in a body, or a query."""
    return resource.show.format(quote(id, safe="~@"))


def path(service: Service, project_id: str, below: str) -> str:
    """The path in a region: with its version and, where pods want it, the project."""
    if service.project_in_path:
        return f"{service.root}/{project_id}{below}"
    return f"{service.root}{below}"


def own_path(exchange: Exchange, pod: Pod, below: str) -> str:
    """A path below the version, with hosts and numbers as the pod has them."""
    for _, id in exchange.match.ids:
        if naming.may_tell(id):
            told, own = naming.own(unquote(id), [pod])
            if told is not None:
                below = f"{below}/".replace(f"/{id}/", f"/{quote(own, safe='@~')}/")
                below = below.removesuffix("/")
    return below


def forward(
    exchange: Exchange,
    pod: Pod,
    *,
    document: Any = None,
    below: str | None = None,
    query: str | None = None,
) -> Call:
    """The user's own call, to a region."""
    request, service = exchange.request, exchange.service
    project_id = request.identity.project_id
    return Call(
        region=pod.name,
        service=service.type,
        method=request.method,
        path=path(service, project_id, request.path if below is None else below),
        query=request.query if query is None else query,
        headers=headers(request),
        body=request.body if document is None else orjson.dumps(document),
        patience=Patience.READ if request.method in _READS else Patience.WRITE,
    )


def read(
    exchange: Exchange,
    pod: Pod,
    below: str,
    query: list[tuple[str, str]] | None = None,
    *,
    version: str = "",
    patience: Patience = Patience.FANOUT,
    as_admin: bool = False,
    service: Service | None = None,
) -> Call:
    """A GET of ours; the user's microversion, unless ``version`` names another."""
    service = service or exchange.service
    return Call(
        region=pod.name,
        service=service.type,
        method="GET",
        path=path(service, _project(exchange, as_admin=as_admin), below),
        query=urlencode(query or []),
        headers=_own_headers(exchange, version, as_admin=as_admin),
        patience=patience,
        as_admin=as_admin,
    )


def write(
    exchange: Exchange,
    pod: Pod,
    method: str,
    below: str,
    document: Any = None,
    *,
    version: str = "",
    as_admin: bool = False,
) -> Call:
    """A change of ours in a region."""
    pairs = _own_headers(exchange, version, as_admin=as_admin)
    if document is not None:
        pairs.append(JSON)
    return Call(
        region=pod.name,
        service=exchange.service.type,
        method=method,
        path=path(exchange.service, _project(exchange, as_admin=as_admin), below),
        headers=pairs,
        body=None if document is None else orjson.dumps(document),
        patience=Patience.WRITE,
        as_admin=as_admin,
    )


def _project(exchange: Exchange, *, as_admin: bool) -> str:
    return OPERATOR if as_admin else exchange.request.identity.project_id


_PERSONAL = frozenset({b"x-auth-token"})
_KEPT = frozenset(
    {b"accept", b"accept-language", b"traceparent", b"tracestate", b"user-agent"}
)


def _own_headers(exchange: Exchange, version: str, *, as_admin: bool) -> Headers:
    request, service = exchange.request, exchange.service
    kept = _KEPT if as_admin else _KEPT | _PERSONAL
    if not version:
        kept = kept | frozenset(service.headers)
    pairs = [pair for pair in request.headers if pair[0] in kept]
    if version:
        pairs.append((service.headers[0], f"{service.type} {version}".encode()))
    pairs.append((b"x-openstack-request-id", request.request_id.encode()))
    return pairs
