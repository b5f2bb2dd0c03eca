# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""What JSON documents hold that concerns the gateway, and where.

A *place* names values in a JSON document: ``server.flavorRef``; ``[]`` goes into each
item of a list, as in ``server.networks[].uuid``, and ``*`` into each value of a map.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

Place: TypeAlias = tuple[str, ...]


def place(text: str) -> Place:
    """``a.b[].c`` as steps: ``("a", "b", "[]", "c")``."""
    return tuple(text.replace("[]", ".[]").split("."))


class Kind(StrEnum):
    """What a place in a body holds, and so what is done to it."""

    LINKS = "links"
    """A list of ``{"rel": ..., "href": ...}``."""
    ZONE = "zone"
    """The name of an availability zone."""
    HOST = "host"
    """The name of a pod's host, back end or cluster (see ``naming``)."""
    NUMBER = "number"
    """A number that a pod gave (see ``naming``)."""
    SERVER_GROUP = "server_group"
    VOLUME_TYPE = "volume_type"
    GROUP_TYPE = "group_type"
    NETWORK = "network"
    SUBNET = "subnet"
    PORT = "port"
    SECURITY_GROUP = "security_group"


NAMES = frozenset({Kind.HOST, Kind.NUMBER})
"""Kinds that tell the pod where they belong."""

TWINS = frozenset({Kind.SERVER_GROUP, Kind.VOLUME_TYPE, Kind.GROUP_TYPE})
"""Kinds whose copies in pods have ids of their own: the original's is shown."""

NETWORKING = frozenset({Kind.NETWORK, Kind.SUBNET, Kind.PORT, Kind.SECURITY_GROUP})
"""Kinds whose ids differ between the central region and a pod."""


@dataclass(frozen=True, slots=True, eq=False)
class Field:
    """A place, and what is there; each is only like itself."""

    at: Place
    kind: Kind


def holds(**places: str) -> tuple[Field, ...]:
    """Fields, by their kind: ``holds(links="links flavor.links", zone="zone")``."""
    return tuple(
        Field(place(text), Kind(kind))
        for kind, texts in places.items()
        for text in texts.split()
    )


@dataclass(frozen=True, slots=True)
class IdField:
    """A place in a request that names a resource, by its id or by a link to it."""

    type: str
    at: Place
    where: tuple[str, str] | None = None
    """Only if the key beside it has this value: ``("source_type", "volume")``."""
    must_exist: bool = True
    """Else it is looked for only where routes lead, and may be nowhere."""


def names(
    type: str,
    *places: str,
    where: tuple[str, str] | None = None,
    must_exist: bool = True,
) -> tuple[IdField, ...]:
    """Id fields of one resource type."""
    return tuple(IdField(type, place(text), where, must_exist) for text in places)
