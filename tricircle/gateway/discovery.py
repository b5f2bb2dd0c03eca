# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""The version documents: what clients read before they do anything else.

Each service has its own form, and ours is the same but for two things: links lead to
us, and the microversions are those that every region speaks.
"""

from dataclasses import dataclass
from typing import Any

from tricircle.gateway.edition import Edition, Legacy
from tricircle.gateway.message import Offer, Version
from tricircle.gateway.microversion import written
from tricircle.gateway.spec import Service


@dataclass(frozen=True, slots=True)
class Document:
    """A version document, and how it is answered."""

    status: int
    content: dict[str, Any]
    versioned: bool
    """A microversion may be asked for, and is told."""


def document(
    service: Service, path: str, root: str, offer: Offer | None
) -> Document | None:
    """The document at a path of the address ``root``, if there is one.

    At the address it names all versions, at a version it tells of that one.
    """
    path = path.rstrip("/")
    legacy = service.legacy
    if not path:
        return _address(service, root, offer)
    if legacy is not None and path == legacy.root:
        return Document(200, {"version": legacy_version(legacy, root)}, False)
    if path != service.root:
        return None
    shown = version(service, root, offer)
    content = {"versions": [shown]} if service.lists_versions else {"version": shown}
    return Document(200, content, True)


def _address(service: Service, root: str, offer: Offer | None) -> Document:
    """Cinder says 300 for its address and whole entries, Nova 200 and short ones."""
    shown = version(service, root, offer)
    if service.lists_versions:
        return Document(300, {"versions": [shown]}, True)
    whole = [shown]
    if service.legacy is not None:
        whole.insert(0, legacy_version(service.legacy, root))
    return Document(200, {"versions": [_short(entry) for entry in whole]}, False)


def version(service: Service, root: str, offer: Offer | None) -> dict[str, Any]:
    """What is told of the version that is served. Its link is ours: it is followed."""
    low, high = offer or (None, None)
    told = _told(service.edition, f"{root}{service.root}/", "CURRENT", low, high)
    if service.lists_versions:
        told["links"].reverse()
    return told


def legacy_version(legacy: Legacy, root: str) -> dict[str, Any]:
    """What is told of the version before microversions."""
    return _told(legacy, f"{root}{legacy.root}/", "DEPRECATED", None, None)


def _told(
    edition: Edition,
    itself: str,
    status: str,
    low: Version | None,
    high: Version | None,
) -> dict[str, Any]:
    return {
        "id": edition.id,
        "status": status,
        "version": written(high) if high else "",
        "min_version": written(low) if low else "",
        "updated": edition.updated,
        "links": [
            {"rel": "self", "href": itself},
            {"rel": "describedby", "type": "text/html", "href": edition.docs},
        ],
        "media-types": [{"base": "application/json", "type": edition.media_type}],
    }


def _short(entry: dict[str, Any]) -> dict[str, Any]:
    """As Nova lists its versions: without types, with the one link."""
    links = [link for link in entry["links"] if link["rel"] == "self"]
    kept = {key: value for key, value in entry.items() if key != "media-types"}
    return {**kept, "links": links}
