# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Which microversion a call means, and which ones are offered.

Offered is what every pod speaks, so that a call means the same wherever it goes. Pods
are told a number, never ``latest``: theirs may be later.
"""

import re
from collections.abc import Iterable
from functools import lru_cache

from tricircle.gateway.errors import BadRequest, NotAcceptable
from tricircle.gateway.message import Headers, Offer, Version, without
from tricircle.gateway.ports import Pod
from tricircle.gateway.spec import Service

_FORM = re.compile(r"([1-9][0-9]*)\.(0|[1-9][0-9]*)")
#: As they are written where an answer says what it depends on.
_SPELLED = {
    b"openstack-api-version": b"OpenStack-API-Version",
    b"x-openstack-nova-api-version": b"X-OpenStack-Nova-API-Version",
}


def offered(service: Service, regions: Iterable[Pod]) -> Offer | None:
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
    service: Service, headers: Headers, offer: Offer | None
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
            f"{written(offer[0])} and maximum is {written(offer[1])}.",
            version,
        )
    kept = without(headers, service.headers)
    return version, kept + _told(service.headers, service.type, version)


def asked(service: Service, headers: Headers) -> str | None:
    """What the headers say: ``compute 2.90``, or the number alone in the old one.

    Of several the last counts, and the old one only without the new one.
    """
    general, *legacy = service.headers
    found = None
    for name, value in headers:
        if name == general:
            found = _said(value, service.catalog) or found
    if found is None and legacy:
        for name, value in headers:
            if name in legacy:
                found = value.decode("latin-1").rpartition(",")[2].strip().lower()
    return found


@lru_cache(1024)
def _said(value: bytes, types: tuple[str, ...]) -> str | None:
    """What a header says of the service with one of these types, if anything."""
    for part in reversed(value.decode("latin-1").split(",")):
        type, _, version = part.strip().partition(" ")
        if type.lower() in types and version:
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
    text = written(version)
    told = [(general, f"{type} {text}".encode())]
    return told + [(name, text.encode()) for name in legacy]


def written(version: Version) -> str:
    """The number as it is written: ``2.90``."""
    return f"{version[0]}.{version[1]}"


def spoken(service: Service, version: Version) -> Headers:
    """The headers by which an answer tells in which version it is."""
    varies = [(b"vary", _SPELLED[name]) for name in service.headers]
    return _told(service.headers, service.type, version) + varies
