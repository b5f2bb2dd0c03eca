# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""What became of a create that was broken off: decided without I/O.

Nothing that a request may carry identifies what a pod made of it: Nova keeps a request
id of its own with a server, not the global one; Cinder keeps none; metadata, tags and
names belong to users, and what is forwarded stays as they wrote it. It need not be
identified, either:

- A *route* says that something of a project is in a pod. That is true of all that the
  project has there, so what was made since the intent and has no route gets one, as if
  someone had asked for it. Which of two creates made which server makes no difference.
- A *port* does make one: it must stay if a server uses it, and go if none will. That
  the pod's Neutron knows: the replica bears the server's id once Nova has bound it.
  Before that, any server of the project that is being built, and has no ports of its
  own in the central region, may be the one; it is worth waiting for. A server that
  could not be built has lost its ports, as it would with Nova alone; it stays the
  user's to look at and to delete.

Servers must have been listed *before* it was looked who uses the ports: then none can
have come to be in between.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Made:
    """Something that the project has in the pod, made since the intent."""

    id: str
    is_building: bool = False
    has_route: bool = False
    has_ports: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is to be done.

    ``claims`` are ports and whose they are; ``unused`` are ports to part with;
    ``adopted`` get routes, of which the intent becomes the one of ``own``, if that
    is clear. With ``waits_for``, it is too early for anything.
    """

    claims: Mapping[str, str]
    unused: tuple[str, ...]
    adopted: tuple[str, ...]
    own: str | None = None
    waits_for: str | None = None


def resolve(
    made: Collection[Made], ports: Collection[str], users: Mapping[str, str]
) -> Verdict:
    """Decide about an intent with its ``ports``, some of which servers use."""
    claims = {port: users[port] for port in ports if users.get(port)}
    unused = tuple(port for port in ports if port not in claims)
    building = [one.id for one in made if one.is_building and not one.has_ports]
    if unused and building:
        return Verdict({}, (), (), waits_for=building[0])
    known = {one.id for one in made if one.has_route}
    adopted = {one.id for one in made} | set(claims.values())
    adopted -= known
    # A server that uses the ports is the one; without any, the only one that is new.
    own = set(claims.values()) & adopted if claims else adopted
    return Verdict(
        claims, unused, tuple(sorted(adopted)), own.pop() if len(own) == 1 else None
    )
