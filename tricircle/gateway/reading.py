# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Read what a request names: pure."""

from typing import Any

from tricircle.gateway import rewrite
from tricircle.gateway.errors import BadRequest
from tricircle.gateway.spec import IdField
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
