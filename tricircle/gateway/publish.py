# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""A region's answer becomes the user's: links, zones and ids are made public."""

from collections.abc import Sequence
from typing import Any

import orjson

from tricircle.gateway import rewrite
from tricircle.gateway.merge import load
from tricircle.gateway.message import JSON, Answer
from tricircle.gateway.places import TWINS, Field, Kind
from tricircle.gateway.plan import answer_headers
from tricircle.gateway.ports import Pod
from tricircle.gateway.steps import Exchange, Steps, translate
from tricircle.gateway.twins import originals

_NEXT = (Field(("links",), Kind.LINKS),)


def publish(exchange: Exchange, pod: Pod, answer: Answer) -> Steps[Answer]:
    """Rewrite what specs declare; the rest of the answer is not even read."""
    service, root = exchange.service, exchange.request.root
    headers = answer_headers(answer)
    if answer.header(b"location"):
        headers = rewrite.location(headers, pod, service, root)
    body = answer.body
    if (
        exchange.match.resource.bodies
        and answer.status < 400
        and isinstance(body, bytes)
        and body
        and is_json(answer)
    ):
        document = load(answer)
        yield from make_public(exchange, pod, document)
        body = orjson.dumps(document)
    return Answer(answer.status, headers, body, pod.name)


def make_public(exchange: Exchange, pod: Pod, document: Any) -> Steps[None]:
    """Rewrite a document that a region gave, in place."""
    service, root = exchange.service, exchange.request.root
    found = rewrite.each_resource(document, exchange.match.resource.bodies or {})
    ids = yield from _public_ids(exchange, pod, found)
    for item, fields in found:
        rewrite.outward(item, fields, pod, service, root, ids)
    for key, value in document.items() if isinstance(document, dict) else ():
        if key.endswith("_links"):
            rewrite.outward({"links": value}, _NEXT, pod, service, root, {})


def _public_ids(
    exchange: Exchange, pod: Pod, found: Sequence[rewrite.Found]
) -> Steps[rewrite.Ids]:
    """What users call what has another id in the pod."""
    wanted: set[tuple[Kind, str]] = set()
    copies: set[tuple[Kind, str]] = set()
    for item, fields in found:
        wanted |= rewrite.ids_of(item, fields)
        copies |= rewrite.ids_of(item, fields, TWINS)
    ids = yield from translate(wanted, pod, inward=False)
    if copies and pod.zone:
        ids = {**ids, **(yield from originals(exchange, copies, pod))}
    return ids


def is_json(answer: Answer) -> bool:
    """Whether the answer says that it is JSON."""
    return answer.header(JSON[0]).startswith(JSON[1])
