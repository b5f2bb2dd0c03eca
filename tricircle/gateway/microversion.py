# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Which microversion a call means, and which ones are offered.

Offered is what every pod speaks, so that a call means the same wherever it goes. Pods
are told a number, never ``latest``: theirs may be later.
"""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from tricircle.gateway.errors import BadRequest, NotAcceptable
from tricircle.gateway.legacy import Legacy
from tricircle.gateway.message import Headers, Version, without
from tricircle.gateway.ports import Pod
from tricircle.gateway.spec import Service

_FORM = re.compile(r"(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)")


def offered(service: Service, regions: Iterable[Pod]) -> tuple[Version, Version] | None:
    """The microversions that all regions speak; None: there is none, or none known."""
    ranges = [
        region.versions[service.type]
        for region in regions
        if service.type in region.versions
    ]
    if not ranges:
        return None
    lowest = max(low for low, _ in ranges)
    highest = min(high for _, high in ranges)
    return (lowest, highest) if lowest <= highest else None


def negotiate(
    service: Service, headers: Headers, offer: tuple[Version, Version] | None
) -> tuple[Version | None, Headers]:
    """The version that a call asks for, and its headers with the number in them.

    Raises BadRequest for what is no version, NotAcceptable for one outside the offer.
    """
    text = asked(service, headers)
    if text is None:
        return None, headers
    if text == "latest":
        if offer is None:
            return None, without(headers, service.headers)
        version = offer[1]
    else:
        number = _number(text)
        if number is None:
            raise BadRequest(
                f"API Version String {text} is of invalid format. Must be of format "
                "MajorNum.MinorNum."
            )
        version = number
    if offer is not None and not offer[0] <= version <= offer[1]:
        raise NotAcceptable(
            f"Version {text} is not supported by the API. Minimum is "
            f"{_text(offer[0])} and maximum is {_text(offer[1])}."
        )
    kept = without(headers, service.headers)
    return version, kept + _told(service.headers, service.type, version)


def asked(service: Service, headers: Headers) -> str | None:
    """What the headers say: ``compute 2.90``, or the number alone in the old one."""
    general, *legacy = service.headers
    for name, value in headers:
        if name == general:
            version = _said(value, service.catalog)
            if version is not None:
                return version
    for name, value in headers:
        if name in legacy:
            return value.decode("latin-1").strip().lower()
    return None


@lru_cache(1024)
def _said(value: bytes, types: tuple[str, ...]) -> str | None:
    """What a header says of the service with one of these types, if anything."""
    for part in value.decode("latin-1").split(","):
        type, _, version = part.strip().partition(" ")
        if type.lower() in types:
            return version.strip().lower()
    return None


@lru_cache(1024)
def _number(text: str) -> Version | None:
    match = _FORM.fullmatch(text)
    return (int(match[1]), int(match[2])) if match else None


@lru_cache(1024)
def _told(names: tuple[bytes, ...], type: str, version: Version) -> Headers:
    """The headers by which a pod is told the number."""
    general, *legacy = names
    text = _text(version)
    told = [(general, f"{type} {text}".encode())]
    return told + [(name, text.encode()) for name in legacy]


def _text(version: Version) -> str:
    return f"{version[0]}.{version[1]}"


def parse(document: Any, service: Service) -> tuple[Version, Version] | None:
    """The range in a region's version document."""
    if not isinstance(document, dict):
        return None
    found = document.get("versions") or [document.get("version")]
    for item in found:
        if isinstance(item, dict) and item.get("id") == service.version_id:
            low = _FORM.fullmatch(str(item.get("min_version")))
            high = _FORM.fullmatch(str(item.get("version")))
            if low and high:
                return (int(low[1]), int(low[2])), (int(high[1]), int(high[2]))
    return None


def describe(
    service: Service, root: str, offer: tuple[Version, Version] | None
) -> dict[str, Any]:
    """The entry of a version document. Its link is ours: clients follow it."""
    low, high = offer or ((0, 0), (0, 0))
    return {
        "id": service.version_id,
        "status": "CURRENT",
        "version": _text(high) if offer else "",
        "min_version": _text(low) if offer else "",
        "updated": service.updated,
        "links": [
            {"rel": "self", "href": f"{root}{service.root}/"},
            {
                "rel": "describedby",
                "type": "text/html",
                "href": "https://docs.openstack.org/",
            },
        ],
        "media-types": [{"base": "application/json", "type": service.media_type}],
    }


def describe_legacy(legacy: Legacy, root: str) -> dict[str, Any]:
    """The entry of the version before microversions."""
    return {
        "id": legacy.version_id,
        "status": "DEPRECATED",
        "version": "",
        "min_version": "",
        "updated": legacy.updated,
        "links": [{"rel": "self", "href": f"{root}{legacy.root}/"}],
        "media-types": [{"base": "application/json", "type": legacy.media_type}],
    }
