# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""From specs to a table that tells which action a method with a path means.

The table is a tree of path segments. A literal segment wins over a brace, a brace over
``**``. A method that a path does not have is 404, as Nova and Cinder have it.
"""

from dataclasses import dataclass, field
from typing import TypeAlias

import msgspec

from tricircle.gateway.errors import PathNotFound
from tricircle.gateway.spec import Action, Resource, Service

EVERY_METHOD = ""

_Methods: TypeAlias = dict[str, tuple[Resource, Action]]
_Ids: TypeAlias = tuple[tuple[str, str], ...]
_Found: TypeAlias = tuple[_Methods, _Ids] | None


class Match(msgspec.Struct, frozen=True):
    """An action, its resource, and the ids that the path has, outermost first."""

    resource: Resource
    action: Action
    ids: _Ids


@dataclass(slots=True)
class _Node:
    literal: "dict[str, _Node]" = field(default_factory=dict)
    brace: "tuple[str, _Node] | None" = None
    here: _Methods = field(default_factory=dict)
    below: _Methods = field(default_factory=dict)


class Table:
    """The routing table of a service."""

    def __init__(self, service: Service) -> None:
        self._top = _Node()
        for resource in service.resources:
            for action in resource.actions:
                self._add(resource, action)

    def match(self, method: str, path: str) -> Match:
        """Find the action that is meant.

        Raises PathNotFound.
        """
        # A slash at the end is one more segment, which nothing has: 404, as in Nova.
        segments = path.removeprefix("/").split("/")
        found = _walk(self._top, segments, (), {})
        if found is None:
            raise PathNotFound(path)
        methods, ids = found
        wanted = "GET" if method == "HEAD" and "HEAD" not in methods else method
        chosen = methods.get(wanted) or methods.get(EVERY_METHOD)
        if chosen is None:
            raise PathNotFound(path)
        return Match(*chosen, ids)

    def _add(self, resource: Resource, action: Action) -> None:
        node, methods = self._top, self._top.here
        for segment in action.path.strip("/").split("/"):
            if segment == "**":
                methods = node.below
                break
            node = _child(node, segment, action.path)
            methods = node.here
        for method in action.methods or (EVERY_METHOD,):
            if method in methods:
                raise ValueError(f"{method} {action.path} is described twice")
            methods[method] = (resource, action)


def _child(node: _Node, segment: str, path: str) -> _Node:
    if not segment.startswith("{"):
        return node.literal.setdefault(segment, _Node())
    type = segment.strip("{}")
    if node.brace is None:
        node.brace = (type, _Node())
    elif node.brace[0] != type:
        raise ValueError(f"{path}: {node.brace[0]} is there already")
    return node.brace[1]


def _walk(node: _Node, segments: list[str], ids: _Ids, below: _Methods) -> _Found:
    """The methods at the segments' end; ``below``: those of the nearest ``**``."""
    if not segments:
        methods = {**below, **node.here} if node.here else below
        return (methods, ids) if methods else None
    below = node.below or below
    segment, rest = segments[0], segments[1:]
    if (literal := node.literal.get(segment)) is not None:
        found = _walk(literal, rest, ids, below)
        if found is not None:
            return found
    if node.brace is not None and segment:
        type, child = node.brace
        found = _walk(child, rest, (*ids, (type, segment)), below)
        if found is not None:
            return found
    return (below, ids) if below else None
