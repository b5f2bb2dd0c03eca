# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Read what a request names: pure."""

from collections.abc import Iterable
from typing import Any
from urllib.parse import unquote

from tricircle.gateway import naming, rewrite
from tricircle.gateway.errors import BadRequest
from tricircle.gateway.places import NAMES, Field, IdField, Kind
from tricircle.gateway.ports import Pod
from tricircle.gateway.steps import Exchange


def body_of(exchange: Exchange) -> dict[str, Any]:
    """The body, which must be a JSON object with an object in it.

    Raises BadRequest, in the words that Nova and Cinder use.
    """
    document = exchange.request.document
    if document is None:
        raise BadRequest("Missing request body. It is a JSON object.")
    if not isinstance(document, dict):
        raise BadRequest("Malformed request body. It must be a JSON object.")
    return document


def number(value: Any) -> int | None:
    """A number, of which Nova and Cinder take the text, too; None if it is none."""
    try:
        return int(value)
    except (TypeError, ValueError):
        return None


def references(document: Any, field: IdField) -> list[str]:
    """The ids that a field names, links to them included."""
    found = []
    for holder, key in rewrite.slots(document, field.at):
        if field.where is not None:
            beside, wanted = field.where
            if holder.get(beside) != wanted:
                continue
        value = holder[key]
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value)  # Nova takes flavorRef as a number too
        if isinstance(value, str) and value:
            found.append(rewrite.last_segment(value))
    return found


def reference(document: Any, field: IdField) -> str | None:
    """The only id that a field names."""
    found = references(document, field)
    return found[0] if found else None


def told(exchange: Exchange) -> Pod | None:
    """The pod that names in the path, the query or the body tell, if any does.

    Raises BadRequest if they tell two.
    """
    action, request, pods = exchange.match.action, exchange.request, exchange.pods
    named: list[Any] = [unquote(id) for _, id in exchange.match.ids]
    for key, value in request.parameters():
        named += [value] if parameter(action.query, key) in NAMES else []
    for field in action.request:
        if field.kind in NAMES:
            slots = rewrite.slots(request.document, field.at)
            named += [holder[key] for holder, key in slots]
    return naming.one_pod(naming.own(name, pods)[0] for name in named)


def parameter(query: tuple[Field, ...], key: str) -> Kind | None:
    """What a parameter of the query holds, if it has to be rewritten."""
    return next((field.kind for field in query if field.at == (key,)), None)


def own_query(
    exchange: Exchange, pod: Pod, query: Iterable[tuple[str, str]] | None = None
) -> list[tuple[str, str]]:
    """The query, or these parameters, with hosts and numbers as the pod has them."""
    if query is None:
        query = exchange.request.parameters()
    kinds = exchange.match.action.query
    return [
        (key, naming.own(value, [pod])[1])
        if parameter(kinds, key) in NAMES
        else (key, value)
        for key, value in query
    ]
