# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Make a document of a pod one of the gateway, and the other way round.

Only the places that specs declare are touched; everything else stays as it came.
Pure: ids that need translating are collected first, and given translated.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, TypeAlias
from urllib.parse import urlsplit

from tricircle.gateway.message import Headers
from tricircle.gateway.ports import Pod
from tricircle.gateway.spec import NETWORKING, Field, Kind, Place, Service

Ids: TypeAlias = Mapping[tuple[Kind, str], str]
Slot: TypeAlias = tuple[dict[str, Any], str]


def slots(node: Any, at: Place) -> Iterator[Slot]:
    """The dictionaries, with the key, that hold the values at a place.

    What does not look as declared is passed over: an image may be ``""``.
    """
    if not at:
        return
    step, rest = at[0], at[1:]
    if step == "[]":
        for item in node if isinstance(node, list) else ():
            yield from slots(item, rest)
    elif step == "*":
        for item in node.values() if isinstance(node, dict) else ():
            yield from slots(item, rest)
    elif isinstance(node, dict) and step in node:
        if rest:
            yield from slots(node[step], rest)
        else:
            yield node, step


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
    base = pod.endpoints.get(service.type, "").removesuffix(service.root)
    if base and href.startswith(base):
        return root + href[len(base) :]
    _, found, rest = href.partition(service.root + "/")
    if found:
        return f"{root}{found}{rest}"
    parts = urlsplit(href)
    return f"{root}{parts.path}" + (f"?{parts.query}" if parts.query else "")


def public_zone(name: str, pod: Pod) -> str:
    """A zone of a pod as users know it; not scheduled yet, it has none."""
    return pod.zone if name and pod.zone else name


def pod_zone(name: str, pod: Pod) -> str | None:
    """A user's zone as the pod calls it; None: the pod is told no zone.

    Administrators may add a host and a node: ``az1:host1:node1``.
    """
    _, colon, host = name.partition(":")
    if colon:
        return f"{pod.own_zone}:{host}"
    return pod.own_zone or None


def _links(items: Any, pod: Pod, service: Service, root: str) -> None:
    for item in items if isinstance(items, list) else ():
        if isinstance(item, dict) and isinstance(item.get("href"), str):
            item["href"] = link(item["href"], pod, service, root)


def outward(
    document: Any,
    fields: Iterable[Field],
    pod: Pod,
    service: Service,
    root: str,
    ids: Ids,
) -> None:
    """Rewrite one resource in a pod's answer, in place."""
    for field in fields:
        for holder, key in slots(document, field.at):
            value = holder[key]
            if field.kind is Kind.LINKS:
                _links(value, pod, service, root)
            elif not isinstance(value, str):
                continue
            elif field.kind is Kind.ZONE:
                holder[key] = public_zone(value, pod)
            else:
                holder[key] = ids.get((field.kind, value), value)


def inward(document: Any, fields: Iterable[Field], ids: Ids) -> None:
    """Rewrite networking ids in a request, in place."""
    for field in fields:
        for holder, key in slots(document, field.at):
            value = holder[key]
            if isinstance(value, str):
                holder[key] = ids.get((field.kind, value), value)


def networking_ids(document: Any, fields: Iterable[Field]) -> set[tuple[Kind, str]]:
    """The ids in a document that differ between the central region and a pod."""
    return {
        (field.kind, value)
        for field in fields
        if field.kind in NETWORKING
        for value in values(document, field.at)
        if value
    }


def each_resource(
    document: Any, bodies: Mapping[str, tuple[Field, ...]]
) -> Iterator[tuple[Any, tuple[Field, ...]]]:
    """The resources in an answer, with what is known about them."""
    if not isinstance(document, dict):
        return
    for key, value in document.items():
        fields = bodies.get(key)
        if fields is None:
            continue
        for item in value if isinstance(value, list) else (value,):
            yield item, fields


def location(headers: Headers, pod: Pod, service: Service, root: str) -> Headers:
    """The headers with a Location below the service's own root made public.

    A Location elsewhere (an image's, after ``createImage``) is another service's.
    """
    base = pod.endpoints.get(service.type, "").removesuffix(service.root)

    def public(value: bytes) -> bytes:
        text = value.decode("latin-1")
        if (base and text.startswith(base)) or f"{service.root}/" in text:
            return link(text, pod, service, root).encode("latin-1")
        return value

    return [
        (name, public(value) if name == b"location" else value)
        for name, value in headers
    ]


def put(document: Any, at: Place, value: Any) -> None:
    """Put a value where the document has one."""
    change(document, at, lambda _: value)


def change(document: Any, at: Place, to: Callable[[Any], Any]) -> None:
    """Replace the values at a place; ``None`` takes the key away."""
    for holder, key in list(slots(document, at)):
        value = to(holder[key])
        if value is None:
            del holder[key]
        else:
            holder[key] = value
