# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""External networks that a pod had before us: used as they are, and left there.

A physical network can carry one untagged network only. If a pod's operator made that
already, the central one means it; its subnets likewise. Such a replica is tagged, so
that nothing of it is changed, and it is not deleted with the central one.
"""

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any

from tricircle.db.models import Pod
from tricircle.network import translate
from tricircle.network.reconcilers.base import Reconciler
from tricircle.regions.errors import Refused
from tricircle.regions.network import NetworkClient, Resource

#: The tag of a replica that is the operator's.
ADOPTED = "tricircle-adopted"


class Adopting(Reconciler):
    """Takes what is there, if the pod refuses another one like it."""

    @abstractmethod
    def existing(
        self, neutron: NetworkClient, body: Mapping[str, Any]
    ) -> Resource | None:
        """Return what a pod has in place of ``body``, None if nothing."""

    def create(
        self,
        neutron: NetworkClient,
        central: Resource,
        body: Mapping[str, Any],
        pod: Pod,
    ) -> Resource:
        """Make the replica, or take what is there."""
        try:
            return super().create(neutron, central, body, pod)
        except Refused:
            found = self.existing(neutron, body)
            if found is None or translate.marked(found) not in {None, central["id"]}:
                raise
        tags = [*found["tags"], translate.mark(central["id"]), ADOPTED]
        neutron.tag(self._noun, found["id"], tags)
        return {**found, "tags": tags}

    def delete(self, neutron: NetworkClient, replica_id: str) -> None:
        """Delete the replica, or leave it to the operator."""
        for replica in neutron.find(self._noun, id=replica_id):
            if not is_adopted(replica):
                super().delete(neutron, replica_id)
                continue
            ours = {ADOPTED, translate.mark(str(translate.marked(replica)))}
            left = [tag for tag in replica["tags"] if tag not in ours]
            neutron.tag(self._noun, replica_id, left)

    def _update(
        self,
        neutron: NetworkClient,
        body: Mapping[str, Any],
        replica: Resource,
        revision: int | None = None,
    ) -> None:
        if not is_adopted(replica):
            super()._update(neutron, body, replica, revision)


def is_adopted(replica: Resource) -> bool:
    """Whether a replica is the operator's."""
    return ADOPTED in replica.get("tags", ())
