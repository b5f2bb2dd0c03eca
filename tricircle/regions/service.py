# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""One service of one region: calls it, and sorts out what comes back."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any

from keystoneauth1 import exceptions
from keystoneauth1.adapter import Adapter
from requests import Response

from tricircle.regions.errors import (
    Broken,
    Clash,
    Denied,
    NotThere,
    Refused,
    Unreachable,
)

#: What a refusal is called, by its status.
_REFUSALS: Mapping[int, type[Refused]] = {
    HTTPStatus.UNAUTHORIZED: Denied,
    HTTPStatus.FORBIDDEN: Denied,
    HTTPStatus.NOT_FOUND: NotThere,
    HTTPStatus.CONFLICT: Clash,
}
#: Characters of a service's own words that we repeat.
_LONGEST_QUOTE = 500


class Service:
    """A service, reached through ``adapter``; ``name`` is how messages call it."""

    def __init__(self, adapter: Adapter, name: str) -> None:
        self.adapter = adapter
        self.name = name

    def get(self, path: str, **query: str) -> dict[str, Any]:
        """Return what is at ``path``, below the service's versioned URL.

        Any of the errors in ``errors``, as for the methods below.
        """
        return self.call("GET", path, query=query)

    def post(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Post ``body``, once: a call that may have had its effect is not repeated."""
        return self.call("POST", path, body)

    def put(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Put ``body``."""
        return self.call("PUT", path, body)

    def delete(self, path: str) -> None:
        """Delete what is at ``path``; NotThere if there is nothing."""
        self.call("DELETE", path)

    def call(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        query: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:
        """Call the service and return the object it answers, empty if nothing."""
        with translated(self.name):
            response = self.adapter.request(
                path,
                method,
                json=body,
                params=query or {},
                headers={"Accept": "application/json"},
                raise_exc=False,
            )
        return _understood(response, f"{method} {path} of {self.name}")


@contextmanager
def translated(name: str) -> Iterator[None]:
    """Turn keystoneauth's exceptions into ours; ``name`` is the service's."""
    try:
        yield
    except exceptions.ConnectionError as error:
        # What follows is how the libraries below tell the same again.
        reason = str(error).partition(": HTTP")[0]
        raise Unreachable(f"{name} can't be reached: {reason}") from error
    except exceptions.HttpError as error:
        # Ours do not raise: it was Keystone, when it was asked for a token.
        status = error.http_status or 0
        message = f"Keystone gave no token for {name}: {error}"
        raise _refusal(status, message) from error
    except (exceptions.ClientException, exceptions.ImpliedVersionMismatch) as error:
        raise Broken(f"{name} can't be used: {error}") from error


def _understood(response: Response, call: str) -> dict[str, Any]:
    if not HTTPStatus.OK <= response.status_code < HTTPStatus.MULTIPLE_CHOICES:
        raise _refusal(
            response.status_code,
            f"{call} answered {response.status_code}: {_words(response)}",
        )
    if not response.content:
        return {}
    try:
        answer = response.json()
    except ValueError as error:
        raise Broken(f"{call} answered {response.status_code} without JSON") from error
    if not isinstance(answer, dict):
        raise Broken(f"{call} answered JSON that is no object")
    return answer


def _refusal(status: int, message: str) -> Refused | Broken:
    if not HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR:
        return Broken(message)
    return _REFUSALS.get(status, Refused)(message, status)


def _words(response: Response) -> str:
    """The message in an error's body; each service wraps it in its own way."""
    try:
        found = response.json()
    except ValueError:
        found = response.text
    while isinstance(found, dict | list) and found:
        inner = found if isinstance(found, list) else _inner(found)
        found = inner[0]
    text = " ".join(str(found or response.reason).split())
    return text[:_LONGEST_QUOTE]


def _inner(found: Mapping[str, Any]) -> list[Any]:
    for key in ("message", "detail", "title"):
        if key in found:
            return [found[key]]
    return list(found.values())
