# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""What a pod has, and what it certainly has not."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from tricircle.db.models import Pod
from tricircle.placed.nouns import NOUNS, Noun
from tricircle.placed.reach import Reach
from tricircle.regions.errors import Broken, NotThere
from tricircle.regions.service import Service

#: Items on a page; a pod may be configured to give fewer.
_PAGE = 1000


class Lists:
    """Asks pods, as the operator. RegionsError if one can't tell."""

    def __init__(self, reach: Reach) -> None:
        self._reach = reach

    def show(self, type_: str, resource_id: str, pod: Pod) -> dict[str, Any] | None:
        """Return a resource as a pod shows it; None if it certainly is not there.

        404 is also what a wrong address answers, what a credential is told that may
        not see other projects' resources, and what a service may say before it has
        read its policies. So it counts after a list of all projects only, which the
        service gave at the same address.
        """
        noun = NOUNS[type_]
        service = self._service(noun, pod)
        path = f"{noun.path}/{resource_id}"
        shown = _shown(service, path)
        if shown is None:
            self._page(noun, service, noun.path, all_tenants="1", limit="1")
            shown = _shown(service, path)
        return shown

    def ids(self, type_: str, pod: Pod) -> set[str]:
        """Return the ids of all that a pod has of a type."""
        noun = NOUNS[type_]
        return {item["id"] for item in self._items(noun, pod, noun.path)}

    def made_since(
        self, type_: str, pod: Pod, project_id: str, since: datetime
    ) -> list[dict[str, Any]]:
        """Return what a pod has of a project's, made since a moment."""
        noun = NOUNS[type_]
        items = self._items(noun, pod, f"{noun.path}/detail", project_id=project_id)
        return [
            item
            for item in items
            if item.get(noun.project) == project_id and _created(item) >= since
        ]

    def _items(
        self, noun: Noun, pod: Pod, path: str, **query: str
    ) -> Iterator[dict[str, Any]]:
        service = self._service(noun, pod)
        query |= {"all_tenants": "1", "limit": str(_PAGE)}
        while page := self._page(noun, service, path, **query):
            if page[-1]["id"] == query.get("marker"):
                return  # it knows no pages, and gave everything again
            yield from page
            query["marker"] = page[-1]["id"]

    def _page(
        self, noun: Noun, service: Service, path: str, **query: str
    ) -> list[dict[str, Any]]:
        try:
            found = service.get(path, **query).get(noun.key)
        except NotThere as error:
            raise Broken(f"{service.name} has no {noun.key} at all: {error}") from error
        if not isinstance(found, list):
            raise Broken(f"GET {path} of {service.name} has no list {noun.key}")
        return found

    def _service(self, noun: Noun, pod: Pod) -> Service:
        return self._reach.regions.service(
            pod.name, noun.service, microversion=noun.microversion
        )


def _shown(service: Service, path: str) -> dict[str, Any] | None:
    try:
        (shown,) = service.get(path).values()
    except NotThere:
        return None
    resource: dict[str, Any] = shown
    return resource


def _created(item: dict[str, Any]) -> datetime:
    """Nova writes ``created`` with a zone, Cinder ``created_at`` without one."""
    text = str(item.get("created") or item.get("created_at"))
    made = datetime.fromisoformat(text)
    return made if made.tzinfo else made.replace(tzinfo=UTC)
