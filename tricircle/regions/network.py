# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""The Neutron of a region, as reconcilers use it.

One generic client for all nouns: a *kind* is Neutron's own singular name (``network``,
``security_group_rule``), a resource is the dictionary that Neutron gave. What belongs
to another resource has that one's path before its name:
``floatingips/ID/port_forwarding``.

Every method blocks for a bounded time and raises RegionsError: NotThere if there is no
such resource (any more), Clash if it does not fit to what is there, Refused if it will
not be done like this, and any other where nobody knows whether it was done.
"""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, Protocol

from oslo_config import cfg
from requests import Response

from tricircle.regions.errors import (
    Broken,
    Clash,
    Denied,
    NotThere,
    Outdated,
    Refused,
)
from tricircle.regions.service import Service, translated
from tricircle.regions.session import Regions, from_conf

#: A resource as Neutron's API shows it.
Resource = dict[str, Any]

#: Seconds to wait for an answer: a busy Neutron has others to serve first.
_ANSWER_SECONDS = 40.0
_ERRORS: Mapping[int, type[Refused]] = {
    HTTPStatus.UNAUTHORIZED: Denied,
    HTTPStatus.FORBIDDEN: Denied,
    HTTPStatus.NOT_FOUND: NotThere,
    HTTPStatus.CONFLICT: Clash,
    HTTPStatus.PRECONDITION_FAILED: Outdated,
}


class NetworkClient(Protocol):
    """What can be done with network resources in a region."""

    def find(self, kind: str, **filters: str | Sequence[str]) -> list[Resource]:
        """Return the resources that match every filter; any value of a list does."""

    def get(self, kind: str, resource_id: str) -> Resource:
        """Return a resource. NotThere."""

    def create(self, kind: str, body: Mapping[str, Any]) -> Resource:
        """Make a resource, and return it."""

    def create_all(
        self, kind: str, bodies: Sequence[Mapping[str, Any]]
    ) -> list[Resource]:
        """Make several in one call: all of them, or none."""

    def update(
        self,
        kind: str,
        resource_id: str,
        changes: Mapping[str, Any],
        *,
        revision: int | None = None,
    ) -> Resource:
        """Change a resource, if it still has that ``revision``; Outdated if not."""

    def act(
        self, kind: str, resource_id: str, action: str, body: Mapping[str, Any]
    ) -> Resource:
        """PUT ``body`` to an action of a resource, and return what that answers."""

    def delete(self, kind: str, resource_id: str) -> bool:
        """Delete a resource; return whether it was there."""

    def tag(self, kind: str, resource_id: str, tags: Sequence[str]) -> None:
        """Give a resource exactly these tags."""


class NetworkClients(Protocol):
    """The clients of all regions."""

    def network(self, region: str) -> NetworkClient:
        """Return the client of a region. RegionsError if it has no Neutron."""


class RegionsNetworkClients:
    """The clients that the operator's credential gives."""

    def __init__(self, regions: Regions) -> None:
        self._regions = regions

    def network(self, region: str) -> NetworkClient:
        """Return the client of a region."""
        return ServiceNetworkClient(self._regions.service(region, "network"))


def connect(conf: cfg.ConfigOpts) -> NetworkClients:
    """Return the clients that section ``[keystone]`` leads to. CredentialUnusable."""
    return RegionsNetworkClients(from_conf(conf))


class ServiceNetworkClient:
    """A region's Neutron over HTTP."""

    def __init__(self, service: Service) -> None:
        self._adapter = service.adapter
        self._name = service.name

    def find(self, kind: str, **filters: str | Sequence[str]) -> list[Resource]:
        """Return the resources that match every filter; any value of a list does."""
        found: list[Resource]
        found = self._call("GET", _path(kind), params=filters)[_plural(_noun(kind))]
        return found

    def get(self, kind: str, resource_id: str) -> Resource:
        """Return a resource. NotThere."""
        return self._one(kind, "GET", _path(kind, resource_id))

    def create(self, kind: str, body: Mapping[str, Any]) -> Resource:
        """Make a resource, and return it."""
        wanted = {_noun(kind): dict(body)}
        return self._one(kind, "POST", _path(kind), json=wanted)

    def create_all(
        self, kind: str, bodies: Sequence[Mapping[str, Any]]
    ) -> list[Resource]:
        """Make several in one call: all of them, or none."""
        name = _plural(_noun(kind))
        wanted = {name: [dict(body) for body in bodies]}
        made: list[Resource] = self._call("POST", _path(kind), json=wanted)[name]
        return made

    def update(
        self,
        kind: str,
        resource_id: str,
        changes: Mapping[str, Any],
        *,
        revision: int | None = None,
    ) -> Resource:
        """Change a resource, if it still has that ``revision``; Outdated if not."""
        options: dict[str, Any] = {"json": {_noun(kind): dict(changes)}}
        if revision is not None:
            options["headers"] = {"If-Match": f"revision_number={revision}"}
        return self._one(kind, "PUT", _path(kind, resource_id), **options)

    def act(
        self, kind: str, resource_id: str, action: str, body: Mapping[str, Any]
    ) -> Resource:
        """PUT ``body`` to an action of a resource, and return what that answers."""
        path = _path(kind, resource_id, action)
        answer: Resource = self._call("PUT", path, json=dict(body))
        # A router answers with the interface only.
        found: Resource = answer.get(kind, answer)
        return found

    def delete(self, kind: str, resource_id: str) -> bool:
        """Delete a resource; return whether it was there.

        Clash if it is still there: a 404 can mean something inside of it, as when a
        network and a subnet of it are deleted at the same time (Neutron 2026.2).
        """
        path = _path(kind, resource_id)
        try:
            self._call("DELETE", path)
        except NotThere as gone:
            if self._exists(path):
                raise Clash(str(gone), HTTPStatus.CONFLICT) from gone
            return False
        return True

    def _exists(self, path: str) -> bool:
        try:
            self._call("GET", path)
        except NotThere:
            return False
        return True

    def tag(self, kind: str, resource_id: str, tags: Sequence[str]) -> None:
        """Give a resource exactly these tags."""
        path = _path(kind, resource_id, "tags")
        self._call("PUT", path, json={"tags": [*tags]})

    def _one(self, kind: str, method: str, path: str, **options: Any) -> Resource:
        found: Resource = self._call(method, path, **options)[_noun(kind)]
        return found

    def _call(self, method: str, path: str, **options: Any) -> Any:
        with translated(self._name):
            answer = self._adapter.request(
                path, method, timeout=_ANSWER_SECONDS, raise_exc=False, **options
            )
        if not answer.ok:
            raise _error(answer, f"{method} {path} of {self._name}")
        if not answer.content:
            return {}
        try:
            return answer.json()
        except ValueError as error:
            raise Broken(f"{method} {path} of {self._name} answered no JSON") from error


def _error(answer: Response, call: str) -> Refused | Broken:
    status = answer.status_code
    message = f"{call} answered {status}: {_told(answer)}"
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return Broken(message)
    if status == HTTPStatus.NOT_FOUND and _told(answer).startswith("HTTPNotFound"):
        # Neutron 2026.2 says that to whoever asks first after its start, whatever is
        # there. What is not there has an error of its own, as PortNotFound.
        return Broken(message)
    return _ERRORS.get(status, Refused)(message, status)


def _told(answer: Response) -> str:
    """Neutron's sentence, of which the type is of use to who knows Neutron.

    Its plugins' errors are wrapped, those of its HTTP server are not.
    """
    try:
        body = answer.json()
        told = body.get("NeutronError", body)
        return f"{told['type']}: {told['message']}"
    except (ValueError, KeyError, TypeError, AttributeError):
        return str(answer.reason)


def _plural(noun: str) -> str:
    return f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"


def _noun(kind: str) -> str:
    return kind.rpartition("/")[2]


def _path(kind: str, *parts: str) -> str:
    owner, _, noun = kind.rpartition("/")
    # Neutron has dashes in paths where it has underscores in bodies, at the top only.
    plural = _plural(noun) if owner else _plural(noun).replace("_", "-")
    return "/".join(["", *filter(None, [owner]), plural, *parts])
