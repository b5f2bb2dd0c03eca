# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Make a document of a pod one of the gateway, and the other way round.

Only the places that specs declare are touched; everything else stays as it came.
Pure: ids that need translating are collected first, and given translated.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from typing import Any, TypeAlias
from urllib.parse import urlsplit

from tricircle.gateway import naming
from tricircle.gateway.message import Headers
from tricircle.gateway.places import NETWORKING, Field, Kind, Place
from tricircle.gateway.ports import Pod
from tricircle.gateway.spec import Service

INTERNAL = "internal"
"""The zone of Nova's services that run no servers, in every pod."""

Ids: TypeAlias = Mapping[tuple[Kind, str], str]
Slot: TypeAlias = tuple[Any, Any]
Found: TypeAlias = tuple[Any, tuple[Field, ...]]
"""A resource, and the fields of its description."""


def slots(node: Any, at: Place) -> Sequence[Slot]:
    """The maps and lists, with the key, that hold the values at a place.

    What does not look as declared is passed over: an image may be ``""``.
    """
    if not at:
        return ()
    step, rest = at[0], at[1:]
    keys: Iterable[Any]
    if step == "[]":
        keys = range(len(node)) if isinstance(node, list) else ()
    elif not isinstance(node, dict):
        return ()
    elif step == "*":
        keys = node
    elif step not in node:
        return ()
    else:  # by far the most
        return slots(node[step], rest) if rest else ((node, step),)
    if not rest:
        return [(node, key) for key in keys]
    return [slot for key in keys for slot in slots(node[key], rest)]


def values(node: Any, at: Place) -> list[str]:
    """The strings at a place."""
    found = (holder[key] for holder, key in slots(node, at))
    return [value for value in found if isinstance(value, str)]


def last_segment(reference: str) -> str:
    """The id in an id or in a link to it: Nova takes both as ``flavorRef``."""
    return reference.rstrip("/").rpartition("/")[2]


def link(href: str, pod: Pod, service: Service, root: str) -> str:
    """A pod's link as the gateway's: what it points to stays, where changes.

    Links have the address by which the pod was called, or one of its configuration;
    and bookmarks have no version.
    """
    return _link(href, _base(pod, service), service, root)


def _base(pod: Pod, service: Service) -> str:
    """The address by which the pod was called, without a version."""
    return pod.endpoints.get(service.type, "").removesuffix(service.root)


def _link(href: str, base: str, service: Service, root: str) -> str:
    if base and href.startswith(base):
        return root + href[len(base) :]
    _, found, rest = href.partition(service.root + "/")
    if found:
        return f"{root}{found}{rest}"
    parts = urlsplit(href)
    return f"{root}{parts.path}" + (f"?{parts.query}" if parts.query else "")


def public_zone(name: str, pod: Pod) -> str:
    """A zone of a pod as users know it; not scheduled yet, it has none.

    Services that run no servers are in a zone of Nova's own.
    """
    return pod.zone if name and pod.zone and name != INTERNAL else name


def pod_zone(name: str, pod: Pod) -> str | None:
    """A user's zone as the pod calls it; None: the pod is told no zone.

    Administrators may add a host and a node: ``az1:Pod1~host1:Pod1~node1``.
    """
    if name == INTERNAL:
        return name
    _, *hosts = name.split(":")
    if hosts:
        own = [naming.own_host(host, [pod])[1] for host in hosts]
        return ":".join([pod.own_zone, *own])
    return pod.own_zone or None


def _links(items: Any, base: str, service: Service, root: str) -> None:
    for item in items if isinstance(items, list) else ():
        if isinstance(item, dict) and isinstance(item.get("href"), str):
            item["href"] = _link(item["href"], base, service, root)


def outward(
    document: Any,
    fields: Iterable[Field],
    pod: Pod,
    service: Service,
    root: str,
    ids: Ids,
) -> None:
    """Rewrite one resource in a pod's answer, in place."""
    base = _base(pod, service)
    for field in fields:
        for holder, key in slots(document, field.at):
            value = holder[key]
            if field.kind is Kind.LINKS:
                _links(value, base, service, root)
            else:
                holder[key] = _public(field.kind, value, pod, ids)


def _public(kind: Kind, value: Any, pod: Pod, ids: Ids) -> Any:
    if kind is Kind.NUMBER:
        # As a text it is part of a path; a UUID is no number, and stays.
        if isinstance(value, int) or (isinstance(value, str) and value.isdecimal()):
            return type(value)(naming.public_number(int(value), pod))
    if not isinstance(value, str):
        return value
    if kind is Kind.ZONE:
        return public_zone(value, pod)
    if kind is Kind.HOST:
        return naming.public_host(value, pod)
    return ids.get((kind, value), value)


def inward(document: Any, fields: Iterable[Field], pod: Pod, ids: Ids) -> bool:
    """Rewrite a request for a pod, in place; whether anything was changed."""
    changed = False
    for field in fields:
        for holder, key in slots(document, field.at):
            value = holder[key]
            own = _own(field.kind, value, pod, ids)
            if own is None and value is not None:
                del holder[key]
            else:
                holder[key] = own
            changed = changed or own != value
    return changed


def _own(kind: Kind, value: Any, pod: Pod, ids: Ids) -> Any:
    if kind is Kind.NUMBER:
        return naming.own(value, [pod])[1]
    if not isinstance(value, str):
        return value
    if kind is Kind.HOST:
        return naming.own(value, [pod])[1]
    if kind is Kind.ZONE:
        return pod_zone(value, pod)
    return ids.get((kind, value), value)


def ids_of(
    document: Any, fields: tuple[Field, ...], kinds: frozenset[Kind] = NETWORKING
) -> set[tuple[Kind, str]]:
    """The ids in a document that differ between the central region and a pod."""
    found = set()
    for field in _of_kinds(fields, kinds):
        for holder, key in slots(document, field.at):
            value = holder[key]
            if value and isinstance(value, str):
                found.add((field.kind, value))
    return found


@cache
def _of_kinds(fields: tuple[Field, ...], kinds: frozenset[Kind]) -> tuple[Field, ...]:
    """Those of a description's fields; there are as many of these as descriptions."""
    return tuple(field for field in fields if field.kind in kinds)


def each_resource(
    document: Any, bodies: Mapping[str, tuple[Field, ...]]
) -> list[Found]:
    """The resources in an answer, with what is known about them."""
    found: list[Found] = []
    if not isinstance(document, dict):
        return found
    if "" in bodies:
        found.append((document, bodies[""]))
    for key, value in document.items():
        fields = bodies.get(key)
        if fields is None:
            continue
        if isinstance(value, list):
            found += [(item, fields) for item in value]
        else:
            found.append((value, fields))
    return found


def location(headers: Headers, pod: Pod, service: Service, root: str) -> Headers:
    """The headers with a Location below the service's own root made public.

    A Location elsewhere (an image's, after ``createImage``) is another service's.
    """
    base = _base(pod, service)

    def public(value: bytes) -> bytes:
        text = value.decode("latin-1")
        if (base and text.startswith(base)) or f"{service.root}/" in text:
            return link(text, pod, service, root).encode("latin-1")
        return value

    return [
        (name, public(value) if name == b"location" else value)
        for name, value in headers
    ]


def change(document: Any, at: Place, to: Callable[[Any], Any]) -> None:
    """Replace the values at a place; ``None`` takes the key away."""
    for holder, key in slots(document, at):
        value = to(holder[key])
        if value is None:
            del holder[key]
        else:
            holder[key] = value
