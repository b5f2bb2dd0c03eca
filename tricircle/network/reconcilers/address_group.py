# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Address groups: what rules may name instead of a prefix.

Neutron takes no tags on them, so a replica has its mark as its description for ever,
and the user's description stays in the central region.
"""

from collections.abc import Collection, Iterable
from itertools import islice
from typing import Any

from tricircle.db.models import Pod
from tricircle.network import members, translate
from tricircle.network.reconcilers.base import Reconciler
from tricircle.regions.errors import Refused
from tricircle.regions.network import NetworkClient, Resource

_NOUN = "address_group"
#: Addresses in one call: Neutron takes about 3 ms for each.
_BATCH = 500


class AddressGroupReconciler(Reconciler):
    """An address group, with the same addresses in each pod."""

    kind = _NOUN
    takes_tags = False
    has_contents = True

    def body(self, central: Resource, pod: Pod) -> dict[str, Any]:
        """Return what the group shall be, without its addresses."""
        return translate.address_group_body(central)

    def kept(
        self, neutron: NetworkClient, central: Resource, replica: Resource, pod: Pod
    ) -> Resource:
        """Bring the addresses in line."""
        agree(neutron, replica, central["addresses"])
        return central

    def delete(self, neutron: NetworkClient, replica_id: str) -> None:
        """Delete the group, and the rules that name it."""
        delete(neutron, replica_id)


def agree(neutron: NetworkClient, replica: Resource, wanted: Iterable[str]) -> None:
    """Make an address group of a pod hold exactly the ``wanted`` addresses.

    Those that lack come first, so that nothing that shall pass stops.
    """
    shall_be = set(map(members.canonical, wanted))
    present = replica["addresses"]
    try:
        _bring(neutron, replica["id"], shall_be, present)
    except Refused:
        # Someone else did some of it since we looked: Neutron wants no double.
        present = neutron.get(_NOUN, replica["id"])["addresses"]
        _bring(neutron, replica["id"], shall_be, present)


def delete(neutron: NetworkClient, replica_id: str) -> None:
    """Delete an address group of a pod, and first the rules that name it.

    The central region has no such rules any more, or it would have refused.
    """
    for rule in neutron.find("security_group_rule", remote_address_group_id=replica_id):
        neutron.delete("security_group_rule", rule["id"])
    neutron.delete(_NOUN, replica_id)


def _bring(
    neutron: NetworkClient,
    replica_id: str,
    wanted: Collection[str],
    present: Collection[str],
) -> None:
    there = {members.canonical(address): address for address in present}
    missing = [address for address in wanted if address not in there]
    surplus = [shown for address, shown in there.items() if address not in wanted]
    for action, addresses in (
        ("add_addresses", missing),
        ("remove_addresses", surplus),
    ):
        remaining = iter(sorted(addresses))
        while batch := list(islice(remaining, _BATCH)):
            neutron.act(_NOUN, replica_id, action, {"addresses": batch})
