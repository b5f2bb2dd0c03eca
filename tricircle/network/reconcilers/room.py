# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""What has the place of a replica in a pod: left there, or somebody else's.

The central region hands out a VLAN, a MAC or an address again as soon as nothing has
it there. A pod may still have the replica that had it before: no job has come to that
yet, or the pod was away. Such a replica is removed at once; anything else stays.
"""

from abc import abstractmethod
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, ClassVar

from tricircle.db.models import Pod
from tricircle.network import translate
from tricircle.network.errors import Busy, CentralGone, Taken
from tricircle.network.reconcilers.base import Reconciler
from tricircle.regions.errors import Clash, NotThere, Refused
from tricircle.regions.network import NetworkClient, Resource


class Exclusive(Reconciler):
    """Takes a place that a pod has once."""

    #: What an operator can do about somebody else's in that place.
    advice: ClassVar[str] = "delete it there"

    @abstractmethod
    def in_the_way(
        self, neutron: NetworkClient, body: Mapping[str, Any]
    ) -> list[Resource]:
        """Return what a pod has in the place of ``body``."""

    def create(
        self,
        neutron: NetworkClient,
        central: Resource,
        body: Mapping[str, Any],
        pod: Pod,
    ) -> Resource:
        """Make the replica; what is left of others that are gone makes room.

        Taken if something else has its place; Busy if that can't go yet.
        """
        try:
            return super().create(neutron, central, body, pod)
        except Refused as refused:
            holders = self.in_the_way(neutron, body)
            owners = [_owner(holder) for holder in holders]
            # What has gone since may be what it clashed with.
            if central["id"] in owners or not (holders or isinstance(refused, Clash)):
                raise
        for holder, owner in zip(holders, owners, strict=True):
            self._check_left(holder, owner, central, pod)
            self._clear(neutron, holder, str(owner), pod)
        return super().create(neutron, central, body, pod)

    def _check_left(
        self, holder: Resource, owner: str | None, central: Resource, pod: Pod
    ) -> None:
        """Taken, unless it is a replica of what the central region has no more."""
        refusal = (
            f"{self.kind} {central['id']} can't be in {pod.name}, where"
            f" {holder['id']} ({holder['name']!r}) has its place"
        )
        if owner is None:
            raise Taken(f"{refusal}, which Tricircle did not make: {self.advice}")
        try:
            self.central(owner)
        except CentralGone:
            return
        raise Taken(f"{refusal}, a replica of {owner}, which is in the central region")

    def _clear(
        self, neutron: NetworkClient, holder: Resource, owner: str, pod: Pod
    ) -> None:
        try:
            self.remove(owner, pod)
            # Its route may be gone, or have led to another one.
            self.delete(neutron, holder["id"])
        except Clash as clash:
            raise Busy(
                f"{pod.name} has to let go of what is left of {self.kind} {owner}"
                f" first: {clash}"
            ) from clash


def disown(neutron: NetworkClient, port: Resource) -> None:
    """Delete a port that Neutron keeps, for it says that it is something's there.

    A Neutron that dies makes nothing of the port that it began with.
    """
    with suppress(NotThere):
        neutron.update("port", port["id"], {"device_id": "", "device_owner": ""})
        neutron.delete("port", port["id"])


def _owner(holder: Resource) -> str | None:
    """Return whose replica it is; before it is tagged, its description tells."""
    tags = [*holder["tags"], holder.get("description") or ""]
    return translate.marked({"tags": tags})
