# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Twins: copies whose ids pods choose, so that answers would show ids nobody knows.

A type (of volumes, of groups) and its twin have the same name; a server group's twin
has the original's id for its name. What was found is kept: an id means one thing.
"""

from collections.abc import Collection
from typing import Any

from tricircle.gateway.merge import load
from tricircle.gateway.message import Answer
from tricircle.gateway.places import Kind
from tricircle.gateway.plan import read
from tricircle.gateway.ports import Pod
from tricircle.gateway.steps import Exchange, Keep, Steps, gather, recall

Pair = tuple[Kind, str]

# Where they are listed, the list's key, and the microversion to read it in.
_LISTS = {
    Kind.VOLUME_TYPE: ("/types", "volume_types", "3.0"),
    Kind.GROUP_TYPE: ("/group_types", "group_types", "3.11"),
}
_GROUPS_VERSION = "2.15"
_EVERYBODYS = "all_projects"


def originals(
    exchange: Exchange, twins: Collection[Pair], pod: Pod
) -> Steps[dict[Pair, str]]:
    """The ids of the originals; what is not known to be a twin is left out."""
    found: dict[Pair, str] = {}
    for kind, id in sorted(twins):
        known: str | None = yield from recall("original", pod.name, kind, id)
        if known is None and kind is Kind.SERVER_GROUP:
            known = yield from _group(exchange, id, pod)
        elif known is None:
            known = yield from _named(exchange, kind, id, pod)
        if known is not None:
            found[kind, id] = known
    return found


def _group(exchange: Exchange, id: str, pod: Pod) -> Steps[str | None]:
    call = read(exchange, pod, f"/os-server-groups/{id}", version=_GROUPS_VERSION)
    (answer,) = yield from gather([call])
    if not isinstance(answer, Answer) or not answer.ok:
        return None
    name: str = load(answer)["server_group"]["name"]
    yield Keep(("original", pod.name, Kind.SERVER_GROUP, id), name)
    return name


def _named(exchange: Exchange, kind: Kind, id: str, pod: Pod) -> Steps[str | None]:
    """All of the kind are read, and kept, at once: a list shows many of them."""
    below, key, version = _LISTS[kind]
    answers = yield from gather(
        [
            read(
                exchange,
                region,
                below,
                [("is_public", "None")],
                version=version,
                as_admin=True,
            )
            for region in (exchange.central, pod)
        ]
    )
    lists: list[list[Any]] = []
    for answer in answers:
        if not isinstance(answer, Answer) or not answer.ok:
            return None
        lists.append(load(answer)[key])
    ids = {item["name"]: item["id"] for item in lists[0]}
    found: str | None = None
    for item in lists[1]:
        original = ids.get(item["name"])
        if original is not None:
            yield Keep(("original", pod.name, kind, item["id"]), original)
            found = original if item["id"] == id else found
    return found


def members(exchange: Exchange) -> Steps[tuple[dict[str, dict[str, Any]], list[str]]]:
    """The server groups' twins, by the originals' ids and by pod; and missing pods."""
    query = [pair for pair in exchange.request.parameters() if pair[0] == _EVERYBODYS]
    version = _GROUPS_VERSION
    answers = yield from gather(
        [
            read(exchange, pod, "/os-server-groups", query, version=version)
            for pod in exchange.pods
        ]
    )
    found: dict[str, dict[str, Any]] = {}
    missing = []
    for pod, answer in zip(exchange.pods, answers, strict=True):
        if not isinstance(answer, Answer) or not answer.ok:
            missing.append(pod.name)
            continue
        for twin in load(answer)["server_groups"]:
            found.setdefault(twin["name"], {})[pod.name] = twin
    return found, missing
