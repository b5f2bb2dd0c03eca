# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""``stitched``: sums that come in pages, which clients add up until there are no more.

Every pod gives a page of its own, and one page of ours is their sum. So a page may be
about as many servers as there are pods times the limit; the whole is the same.
"""

from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import orjson

from tricircle.gateway import merge, paginate
from tricircle.gateway.errors import BadRequest
from tricircle.gateway.message import JSON, Answer
from tricircle.gateway.paginate import CURSOR, Position
from tricircle.gateway.plan import path, read
from tricircle.gateway.ports import Pod
from tricircle.gateway.publish import publish
from tricircle.gateway.steps import Exchange, Keep, Steps, gather, recall

_ENDED = ""
"""Where a pod has nothing more to give."""


def stitched(exchange: Exchange) -> Steps[Answer]:
    """Ask each pod for its next page, and combine them.

    Raises BadRequest for a marker that is not the last one of a page of ours.
    """
    action, request = exchange.match.action, exchange.request
    if action.combine is None:
        raise ValueError(f"{action.path} does not say how it is put together")
    position = yield from _position(exchange)
    asked = [pod for pod in exchange.pods if position.get(pod.name) != _ENDED]
    own = [pair for pair in request.parameters() if pair[0] not in {"marker", CURSOR}]
    calls = []
    for pod in asked:
        marker = position.get(pod.name)
        query = [*own, ("marker", marker)] if marker else own
        calls.append(read(exchange, pod, request.path, query))
    answers = merge.sort((yield from gather(calls)))
    if answers.refusal is not None:
        pod = next(pod for pod in asked if pod.name == answers.refusal.region)
        return (yield from publish(exchange, pod, answers.refusal))
    if not asked:
        return Answer(200, [JSON], orjson.dumps(action.combine([])))
    if not answers.good:
        raise merge.none_left(answers.missing)
    regions = {pod.name: pod for pod in asked}
    parts = [(regions[answer.region], merge.load(answer)) for answer in answers.good]
    document = action.combine(parts)
    yield from _link(exchange, parts, document)
    return merge.composed(answers.good[0], document, answers.missing)


def _position(exchange: Exchange) -> Steps[dict[str, str]]:
    """Where each pod's page begins."""
    given = dict(exchange.request.parameters())
    marker, cursor = given.get("marker"), given.get(CURSOR)
    if not marker:
        return {}
    if cursor:
        return dict(paginate.decode(cursor).after)
    known: dict[str, str] | None = yield from recall(*_key(exchange, marker))
    if known is None:
        raise BadRequest(f"marker [{marker}] not found")
    return known


def _key(exchange: Exchange, marker: str) -> tuple[str, ...]:
    request = exchange.request
    return ("stitch", request.identity.project_id, request.path, marker)


def _last(document: dict[str, Any]) -> str:
    """The id of the last server in a sum, if it shows servers."""
    (usage,) = document.values()
    if isinstance(usage, list):
        usage = usage[-1] if usage else {}
    servers = usage.get("server_usages")
    return str(servers[-1]["instance_id"]) if servers else ""


def _link(
    exchange: Exchange,
    parts: list[tuple[Pod, Any]],
    document: dict[str, Any],
) -> Steps[None]:
    """Say where it goes on, if any pod has more."""
    after = {pod.name: _ENDED for pod in exchange.pods}
    key = ""
    for pod, part in parts:
        for name, links in part.items():
            if name.endswith("_links"):
                next_page = parse_qs(urlsplit(links[0]["href"]).query)
                after[pod.name], key = next_page["marker"][0], name
    markers = [marker for marker in after.values() if marker]
    last = _last(document)
    if last:
        # Some go on by the last server that they were shown, until there is none.
        yield Keep(_key(exchange, last), after)
    if not markers:
        return
    request = exchange.request
    left_out = {"marker", CURSOR}
    query = [pair for pair in request.parameters() if pair[0] not in left_out]
    cursor = Position((), "", after).encode()
    query += [("marker", markers[-1]), (CURSOR, cursor)]
    below = path(exchange.service, request.identity.project_id, request.path)
    href = f"{request.root}{below}?{urlencode(query)}"
    document[key] = [{"rel": "next", "href": href}]
