# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Lists in pages: limit, marker, and the link to the next page."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol, TypeVar
from urllib.parse import urlencode

from sqlalchemy.orm import Session

from tricircle.admin.operation import Call, Reply, Services


class _Row(Protocol):
    @property
    def id(self) -> Any: ...


_T = TypeVar("_T", bound=_Row)


def reply(
    services: Services,
    call: Call,
    key: str,
    fetch: Callable[[Session, Mapping[str, Any]], list[_T]],
    show: Callable[[_T], Mapping[str, Any]],
) -> Reply:
    """Return a page of the list ``key``.

    ``fetch`` gets the filters, the limit and the marker as keywords of a query. One
    item more is asked for than is shown: that is how we know of a next page.
    """
    limit = min(call.query.get("limit", services.max_limit), services.max_limit)
    query = {**call.query, "limit": limit + 1}
    rows = services.database.retried_read(lambda session: fetch(session, query))
    body: dict[str, Any] = {key: [show(row) for row in rows[:limit]]}
    if len(rows) > limit:
        follow = {**call.query, "limit": limit, "marker": rows[limit - 1].id}
        href = f"{call.url}{call.path}?{urlencode(follow)}"
        body[f"{key}_links"] = [{"rel": "next", "href": href}]
    return Reply(body)
