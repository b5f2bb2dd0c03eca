# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""The operators' API, as commands ask it.

It is asked through an adapter of keystoneauth, not through classes of openstacksdk.
Those would name every field a second time, for nothing: a command shows what is
answered, so documents stay what they came as, and a field that the API gains is shown
by a client that never heard of it. The SDK would give pages, but not the API's own
sentences, for it shows the titles of errors only.
"""

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

import requests
from keystoneauth1.adapter import Adapter
from keystoneauth1.exceptions.http import HttpError
from osc_lib.exceptions import CommandError

from tricircle.client.nouns import Noun

#: A pod, a job ... as the API shows it.
Document = dict[str, Any]


class Api:
    """Asks the API; CommandError with its own sentence if it refuses."""

    def __init__(self, adapter: Adapter) -> None:
        self._adapter = adapter

    def find(
        self,
        noun: Noun,
        query: Mapping[str, str],
        limit: int | None = None,
        marker: str | None = None,
    ) -> Iterator[Document]:
        """Yield what fits ``query``, in the API's order, following its pages.

        ``limit`` is how many at most; ``marker`` the id of what comes before them.
        """
        given: dict[str, str | int | None] = {**query, "limit": limit, "marker": marker}
        asked = {key: text for key, text in given.items() if text is not None}
        return islice(self._pages(noun, asked), limit)

    def get(self, noun: Noun, id_: str) -> Document:
        """Return the one with this id."""
        return self._one(noun, "GET", _path(noun, id_))

    def create(self, noun: Noun, given: Mapping[str, str]) -> Document:
        """Make one with these fields; return it."""
        return self._one(noun, "POST", noun.path, json={noun.one: given})

    def update(self, noun: Noun, id_: str, changes: Mapping[str, str]) -> Document:
        """Change these fields of one; return it."""
        return self._one(noun, "PUT", _path(noun, id_), json={noun.one: changes})

    def delete(self, noun: Noun, id_: str) -> None:
        """Delete one."""
        self._ask("DELETE", _path(noun, id_))

    def call(self, noun: Noun, id_: str, method: str, action: str = "") -> Document:
        """Do with one what takes no body, ``action`` below its path; return it."""
        return self._one(noun, method, _path(noun, id_) + action)

    def _pages(self, noun: Noun, query: Mapping[str, Any]) -> Iterator[Document]:
        while True:
            body = _body(self._ask("GET", noun.path, params=query), noun.many)
            yield from body[noun.many]
            links = body.get(f"{noun.many}_links")
            if not links:
                return
            # Its query only: what the API calls itself need not be how we reach it.
            query = dict(parse_qsl(urlsplit(links[0]["href"]).query))

    def _one(self, noun: Noun, method: str, path: str, **more: Any) -> Document:
        one: Document = _body(self._ask(method, path, **more), noun.one)[noun.one]
        return one

    def _ask(self, method: str, path: str, **more: Any) -> requests.Response:
        try:
            return self._adapter.request(path, method, **more)
        except HttpError as error:
            raise CommandError(_sentence(error)) from error


def _path(noun: Noun, id_: str) -> str:
    if not id_:
        raise CommandError(f"an empty id is that of no {noun.word}")
    return f"{noun.path}/{quote(id_, safe='')}"


def _body(response: requests.Response, key: str) -> Document:
    try:
        body = response.json()
    except requests.JSONDecodeError:
        body = None
    if not isinstance(body, dict) or key not in body:
        raise CommandError(
            f"{response.url} answers, but not as Tricircle's API does; look at the"
            " endpoint in Keystone's catalogue"
        )
    return body


def _sentence(error: HttpError) -> str:
    if not error.details:
        return str(error)
    where = f", {error.request_id}" if error.request_id else ""
    return f"{error.details} (HTTP {error.http_status}{where})"
