# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""How a replica is told from what else is in a pod.

A replica bears a mark, a tag with the central id, by which it is found if whoever
made it died before recording it. Neutron takes no tags in creates, so a replica is
born with the mark as its description, which is set right after that. Where a pod can
have one only of what it is like, the route remembers that instead: this saves a call.
"""

from typing import ClassVar

from tricircle.db.models import Route
from tricircle.network import translate
from tricircle.regions.network import NetworkClient, Resource

#: The detail of an intent: what finds a replica that does not bear its mark yet.
BIRTH = "birth"


class Marked:
    """A kind of replicas, and how they are found."""

    #: The routes' type and the jobs' kind; mostly Neutron's singular name, too.
    kind: ClassVar[str]
    #: Neutron's singular name of the replica, if ``kind`` is not that.
    noun: ClassVar[str] = ""
    #: Neutron's singular name of it where it is tagged, if that is another one.
    tagged: ClassVar[str] = ""
    #: Whether Neutron lets one tag it. If not, the body has the mark as description.
    takes_tags: ClassVar[bool] = True
    #: What a pod has one of only, of the body; empty if there is no such thing.
    unique: ClassVar[tuple[str, ...]] = ()

    @property
    def _noun(self) -> str:
        return self.noun or self.kind

    def find(self, neutron: NetworkClient, route: Route) -> list[Resource]:
        """Return what bears the mark in a pod, or was born for it; oldest first."""
        mark = translate.mark(str(route.resource_id))
        found = neutron.find(self._noun, tags=mark) if self.takes_tags else []
        if not self.unique:
            found += neutron.find(self._noun, description=mark)
        elif birth := route.details.get(BIRTH):
            like_it = neutron.find(self._noun, **birth)
            # Another one may be left there, of a resource that is gone.
            found += [one for one in like_it if translate.marked(one) is None]
        each = {resource["id"]: resource for resource in found}
        return sorted(each.values(), key=lambda r: (r.get("created_at"), r["id"]))

    def _mark(
        self, neutron: NetworkClient, central: Resource, replica: Resource
    ) -> None:
        mark = translate.mark(central["id"])
        if self.takes_tags and mark not in replica.get("tags", ()):
            tags = [*replica.get("tags", ()), mark]
            neutron.tag(self.tagged or self._noun, replica["id"], tags)

    def _found(
        self, neutron: NetworkClient, central: Resource, route: Route
    ) -> Resource | None:
        return next(iter(self._ours(neutron, central, route)), None)

    def _ours(
        self, neutron: NetworkClient, central: Resource, route: Route
    ) -> list[Resource]:
        # A user may tag what they have in a pod: it is still not another project's.
        return [
            replica
            for replica in self.find(neutron, route)
            if replica["project_id"] == central["project_id"]
        ]
