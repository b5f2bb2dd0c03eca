# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Old server actions that are about ports: Nova passes them on to its Neutron.

Users' security groups and floating IPs are the central region's, so its Neutron is
asked, with the user's own token, in the way that Nova asks. The pod's port follows
before the answer, for the pod's Nova shows it: users look at once.
"""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias
from urllib.parse import urlencode

import orjson

from tricircle.gateway import merge
from tricircle.gateway.errors import (
    BadRequest,
    Conflict,
    Forbidden,
    GatewayError,
    NotFound,
    PodUnavailable,
)
from tricircle.gateway.message import JSON, Answer, Call, Patience, Version
from tricircle.gateway.ports import Pod
from tricircle.gateway.steps import Exchange, Refresh, Steps, gather

Document: TypeAlias = dict[str, Any]

Changed: TypeAlias = Steps[list[str]]
"""Does it; gives the central ports that were changed."""

_ABOUT_ADDRESSES = {"addFloatingIp", "removeFloatingIp"}
_ADDRESSES_UNTIL: Version = (2, 43)

_REFUSALS: Mapping[int, type[GatewayError]] = {
    400: BadRequest,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
}


def port_action(exchange: Exchange, server_id: str, pod: Pod) -> Steps[Answer | None]:
    """Do what the body asks for, if it is one of these actions."""
    document = exchange.request.document
    if not isinstance(document, dict) or len(document) != 1:
        return None
    ((key, value),) = document.items()
    act = _ACTS.get(key)
    if act is None or not isinstance(value, dict):
        return None
    version = exchange.request.version or _ADDRESSES_UNTIL
    if key in _ABOUT_ADDRESSES and version > _ADDRESSES_UNTIL:
        return None  # Nova does not know it any more, and says so
    for port_id in (yield from act(exchange, server_id, value)):
        yield Refresh(port_id, pod)
    return Answer(202, [])


def _add_group(exchange: Exchange, server_id: str, value: Document) -> Changed:
    group = yield from _group(exchange, value)
    changed = []
    for port in (yield from _ports(exchange, server_id)):
        if group not in port["security_groups"]:
            groups = [*port["security_groups"], group]
            changed.append((yield from _put_groups(exchange, port, groups)))
    return changed


def _remove_group(exchange: Exchange, server_id: str, value: Document) -> Changed:
    group = yield from _group(exchange, value)
    changed = []
    for port in (yield from _ports(exchange, server_id)):
        if group in port["security_groups"]:
            groups = [one for one in port["security_groups"] if one != group]
            changed.append((yield from _put_groups(exchange, port, groups)))
    if not changed:
        raise NotFound(
            f"Security group {value['name']} is not one of the server {server_id}."
        )
    return changed


def _group(exchange: Exchange, value: Document) -> Steps[str]:
    """The group's id, by its name or its id."""
    name = value.get("name")
    if not isinstance(name, str) or not name.strip():
        raise BadRequest("Security group name cannot be empty")
    project = exchange.request.identity.project_id
    for filter in ("id", "name"):
        query = {filter: name, "project_id": project, "fields": "id"}
        groups = yield from _list(exchange, "security-groups", query)
        if len(groups) > 1:
            raise Conflict(
                f"Multiple security groups have the name {name}: give the id instead."
            )
        if groups:
            return str(groups[0]["id"])
    raise NotFound(f"Security group {name} is not found for project {project}")


def _ports(exchange: Exchange, server_id: str) -> Steps[list[Document]]:
    ports = yield from _list(exchange, "ports", {"device_id": server_id})
    if not ports:
        raise NotFound(f"The server {server_id} has no ports.")
    return ports


def _put_groups(exchange: Exchange, port: Document, groups: list[str]) -> Steps[str]:
    body = {"port": {"security_groups": groups}}
    yield from _call(exchange, "PUT", f"ports/{port['id']}", body=body)
    return str(port["id"])


def _add_address(exchange: Exchange, server_id: str, value: Document) -> Changed:
    floating = yield from _floating_ip(exchange, value)
    ports = yield from _list(exchange, "ports", {"device_id": server_id})
    wanted = value.get("fixed_address")
    for port in ports:
        for fixed in port["fixed_ips"]:
            address = fixed["ip_address"]
            if address == wanted or (wanted is None and ":" not in address):
                body = {
                    "floatingip": {
                        "port_id": port["id"],
                        "fixed_ip_address": address,
                    }
                }
                yield from _associate(exchange, floating, body)
                return []
    if wanted is not None:
        raise BadRequest("Specified fixed address not assigned to instance")
    raise BadRequest("No fixed IPs associated to instance")


def _associate(exchange: Exchange, floating: Document, body: Document) -> Steps[None]:
    """Raises BadRequest where Neutron refuses it: the port has one, no router, ..."""
    try:
        yield from _call(exchange, "PUT", f"floatingips/{floating['id']}", body=body)
    except (Conflict, NotFound) as refused:
        raise BadRequest(str(refused)) from refused


def _remove_address(exchange: Exchange, server_id: str, value: Document) -> Changed:
    floating = yield from _floating_ip(exchange, value)
    ports = yield from _list(exchange, "ports", {"device_id": server_id})
    if floating["port_id"] not in {port["id"] for port in ports}:
        raise Conflict(
            f"Floating IP {value['address']} is not associated with instance "
            f"{server_id}."
        )
    body = {"floatingip": {"port_id": None}}
    yield from _call(exchange, "PUT", f"floatingips/{floating['id']}", body=body)
    return []


def _floating_ip(exchange: Exchange, value: Document) -> Steps[Document]:
    address = str(value.get("address", ""))
    query = {"floating_ip_address": address}
    found = yield from _list(exchange, "floatingips", query)
    if not found or not address:
        raise NotFound("floating IP not found")
    return found[0]


def _list(exchange: Exchange, noun: str, query: Document) -> Steps[list[Document]]:
    document = yield from _call(exchange, "GET", noun, query=query)
    found: list[Document] = document[noun.replace("-", "_")]
    return found


def _call(
    exchange: Exchange,
    method: str,
    path: str,
    *,
    query: Document | None = None,
    body: Document | None = None,
) -> Steps[Document]:
    """Call the central Neutron as the user; raises what Nova would say."""
    request = exchange.request
    headers = [
        (b"x-auth-token", request.identity.token.encode()),
        (b"x-openstack-request-id", request.request_id.encode()),
    ]
    call = Call(
        region=exchange.central.name,
        service="network",
        method=method,
        path=f"/v2.0/{path}",
        query=urlencode(query or {}),
        headers=headers if body is None else [*headers, JSON],
        body=None if body is None else orjson.dumps(body),
        patience=Patience.READ if method == "GET" else Patience.WRITE,
    )
    (answer,) = yield from gather([call])
    answer = merge.given(answer)
    if not answer.ok:
        raise _refusal(answer)
    document: Document = merge.load(answer)
    return document


def _refusal(answer: Answer) -> GatewayError:
    kind = _REFUSALS.get(answer.status)
    if kind is None:
        return PodUnavailable("The central region's Neutron has trouble: try later.")
    error = merge.load(answer).get("NeutronError")
    told = error.get("message") if isinstance(error, dict) else error
    return kind(str(told))


_Act: TypeAlias = Callable[[Exchange, str, Document], Changed]

_ACTS: Mapping[str, _Act] = {
    "addSecurityGroup": _add_group,
    "removeSecurityGroup": _remove_group,
    "addFloatingIp": _add_address,
    "removeFloatingIp": _remove_address,
}
