# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""What is shown of resources in pods that do not answer: what their routes tell.

The pod is not there to judge who may see it. So one is shown by its id to its own
project alone; and in a list, also of all projects, where the other pods allow that.
"""

from collections.abc import Collection
from typing import Any

import orjson

from tricircle.gateway import merge
from tricircle.gateway.message import JSON, Answer, Lost, Version
from tricircle.gateway.ports import Pod
from tricircle.gateway.spec import FALSE, Outage
from tricircle.gateway.steps import Exchange, Steps, consult

Document = dict[str, Any]

_LOWEST: Version = (0, 0)


def listed_out_of_reach(
    exchange: Exchange, missing: Collection[str], known: Collection[str], room: int
) -> Steps[list[Document]]:
    """For a list: at most ``room`` resources of the missing pods.

    ``known`` are in the list already: their pod answered, and then no more.
    """
    outage, asked = _outage(exchange), exchange.request.parameters()
    if outage is None or not missing or room <= 0 or not _fit(outage, asked):
        return []
    pods = [pod for pod in exchange.pods if pod.name in missing]
    everybodys = any(
        key == outage.everybodys and value.lower() not in FALSE for key, value in asked
    )
    records = yield from consult(
        exchange.match.resource.type, pods, limit=room, everybodys=everybodys
    )
    pagination = exchange.match.action.pagination
    shown = outage.brief if pagination and pagination.brief else outage.detail
    documents = [outage.known(record, _root(exchange)) for record in records]
    return [
        {key: value for key, value in document.items() if key in shown}
        for document in documents
        if document["id"] not in known
    ]


def shown_out_of_reach(
    exchange: Exchange, pod: Pod, id: str, answer: Answer | Lost
) -> Steps[Answer | None]:
    """For a resource whose pod gave this answer, if that was none."""
    outage = _outage(exchange)
    if outage is None or exchange.request.method != "GET" or _answered(answer):
        return None
    if exchange.request.path != exchange.match.resource.show.format(id):
        return None
    type = exchange.match.resource.type
    records = yield from consult(type, [pod], id=id)
    if not records:
        return None
    document = outage.known(records[0], _root(exchange))
    service, version = exchange.service, exchange.request.version or _LOWEST
    told = f"{service.type} {version[0]}.{version[1]}".encode()
    headers = [JSON, (service.headers[0], told), (b"vary", service.headers[0])]
    return Answer(
        200,
        [*headers, *merge.missing_header([pod.name])],
        orjson.dumps({type: document}),
        pod.name,
    )


def _outage(exchange: Exchange) -> Outage | None:
    outage = exchange.match.resource.outage
    version = exchange.request.version or _LOWEST
    return outage if outage and version >= outage.since else None


def _fit(outage: Outage, asked: list[tuple[str, str]]) -> bool:
    """Whether the list leaves none of them out."""
    for key, value in asked:
        values = outage.harmless.get(key, frozenset())
        if values is not None and value.lower() not in values:
            return False
    return True


def _answered(answer: Answer | Lost) -> bool:
    # A proxy that finds nobody behind it answers, too.
    return isinstance(answer, Answer) and answer.status not in {502, 503, 504}


def _root(exchange: Exchange) -> str:
    return f"{exchange.request.root}{exchange.service.root}"
