# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Who changed what: one line of JSON for each request that may change something.

The keys are those of CADF, which OpenStack's own audit speaks; ``pod`` and
``request_id`` are ours. Operators route it by the logger's name, ``tricircle.audit``.
Nothing of a body is in it but the name of an action, and nothing of a token.
"""

import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import orjson

from tricircle.gateway.observe.seen import FAILED, GONE, Seen
from tricircle.gateway.router import Match

LOG = logging.getLogger("tricircle.audit")

_ACTIONS = {"POST": "create", "DELETE": "delete", "GET": "read", "HEAD": "read"}
_LONGEST = 64
"""Characters of an action's name: clients choose it."""


def tell(seen: Seen) -> None:
    """Write the line of a request."""
    if LOG.isEnabledFor(logging.INFO):
        LOG.info("%s", orjson.dumps(line(seen)).decode())


def line(seen: Seen) -> dict[str, Any]:
    """What there is to tell."""
    draft, answer, scope = seen.draft, seen.answer, seen.scope
    identity = draft.identity if draft is not None else None
    match = draft.match if draft is not None else None
    client = scope.get("client")
    return {
        "eventTime": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "action": _action(seen, match),
        "outcome": _outcome(seen.status),
        "reasonCode": seen.status,
        "initiator": {
            "id": identity.user_id if identity else None,
            "project_id": identity.project_id if identity else None,
            "address": client[0] if client else None,
        },
        "target": {
            "typeURI": _type(seen, match),
            "id": _target(seen, match),
        },
        "requestPath": scope["raw_path"].decode("latin-1"),
        "pod": (answer.region if answer else "") or None,
        "request_id": seen.request_id,
    }


def _outcome(status: int) -> str:
    if status in {FAILED, GONE} or status in {502, 504}:
        return "unknown"  # nobody knows what was done
    return "success" if status < 400 else "failure"


def _type(seen: Seen, match: Match | None) -> str:
    return f"{seen.service.type}/{match.resource.type if match else 'unknown'}"


def _action(seen: Seen, match: Match | None) -> str:
    method = seen.scope["method"]
    if match is not None and method == "POST" and match.action.path.endswith("/action"):
        return f"update/{_named(seen)}"
    return _ACTIONS.get(method, "update")


def _named(seen: Seen) -> str:
    """What a body with an action is called: its only key."""
    draft = seen.draft
    document = draft.document if draft is not None else None
    if document is None and draft is not None and isinstance(draft.body, bytes):
        document = _document(draft.body)
    if isinstance(document, Mapping) and len(document) == 1:
        return str(next(iter(document)))[:_LONGEST]
    return "unknown"


def _target(seen: Seen, match: Match | None) -> str | None:
    """The id that the path has, or the answer to a create."""
    if match is None:
        return None
    own = [id for type, id in match.ids if type == match.resource.type]
    answer = seen.answer
    if (
        own
        or seen.status >= 300
        or answer is None
        or not isinstance(answer.body, bytes)
    ):
        return own[-1] if own else None
    found = _document(answer.body)
    if not isinstance(found, Mapping) or len(found) != 1:
        return None
    (made,) = found.values()  # {"server": {"id": ...}}
    id = (made.get("id") or made.get("name")) if isinstance(made, Mapping) else None
    return str(id) if id else None


def _document(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
