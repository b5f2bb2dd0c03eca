# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""What a noun says of itself: what its replica shall be, and what comes with that.

``base`` asks it; it never begins anything by itself.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from sqlalchemy.orm import Session

from tricircle.db.models import Pod, Route
from tricircle.network import translate
from tricircle.network.intents import Hold
from tricircle.network.reconcilers.marked import Marked
from tricircle.regions.network import NetworkClient, Resource


class Noun(Marked, ABC):
    """A kind of replicas; all but ``body`` may be left as it is."""

    #: Whether a pod's Neutron would take a second one like it.
    may_be_doubled: ClassVar[bool] = True
    #: Whether ``kept`` fills a new replica, too: with rules, for example.
    has_contents: ClassVar[bool] = False
    #: Whether others than its job make it agree, too: the gateway, for who waits.
    is_refreshed: ClassVar[bool] = False

    @abstractmethod
    def body(self, central: Resource, pod: Pod) -> dict[str, Any]:
        """Return what the replica shall be, having realised what it rests on."""

    def job(self, central_id: str) -> tuple[str, str]:
        """Return the kind and the resource of the job that makes it agree."""
        return self.kind, central_id

    def is_sole(self, central_id: str) -> bool:
        """Whether there may be one replica only."""
        return False

    def create(
        self,
        neutron: NetworkClient,
        central: Resource,
        body: Mapping[str, Any],
        pod: Pod,
    ) -> Resource:
        """Make the replica, so that it can be found."""
        body = translate.at_birth(body)
        if not self.unique:
            body["description"] = translate.mark(central["id"])
        return neutron.create(self._noun, body)

    def complete(
        self,
        neutron: NetworkClient,
        central: Resource,
        replica: Resource,
        hold: Hold,
        pod: Pod,
    ) -> Mapping[str, Any]:
        """Do what a new replica needs beyond its body; return the route's details."""
        if self.has_contents:
            self.kept(neutron, central, replica, pod)
        return {}

    def delete(self, neutron: NetworkClient, replica_id: str) -> None:
        """Delete a replica that may be gone already."""
        neutron.delete(self._noun, replica_id)

    def removing(self, route: Route, pod: Pod) -> None:
        """Do what must be before a replica goes; its route is not active any more."""

    def removed(self, central_id: str, pod: Pod) -> None:
        """Clean up what the replica had in the central region."""

    def kept(
        self, neutron: NetworkClient, central: Resource, replica: Resource, pod: Pod
    ) -> Resource:
        """Make agree what is beyond the body; return the central resource after it."""
        return central

    def completed(self, central: Resource, pod: Pod) -> Callable[[Session], object]:
        """Return what to do in the transaction that records the replica."""
        return lambda session: None

    def details(self, central: Resource, replica: Resource) -> Mapping[str, Any] | None:
        """Return what the route shall remember; None if that never changes."""
        return None

    def changed(self, route: Route, central: Resource, session: Session) -> None:
        """Do what follows from other details, in the transaction that records them.

        ``route`` is as it was before.
        """
