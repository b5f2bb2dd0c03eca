# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Networks: the pods that they are realised in."""

import argparse
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from osc_lib.command import command
from osc_lib.exceptions import CommandError

from tricircle.client import replicas
from tricircle.client.asking import Api, Document
from tricircle.client.commands.base import Row, api
from tricircle.client.names import PodNames
from tricircle.client.nouns import JOB, ROUTING
from tricircle.client.replicas import NETWORK, PORT, SUBNET, Network

#: What of a central network is shown, and what openstacksdk calls it.
_FACTS = {
    "name": "name",
    "project_id": "project_id",
    "network_type": "provider_network_type",
    "segmentation_id": "provider_segmentation_id",
    "revision": "revision_number",
}


class ShowNetwork(command.ShowOne):
    """Show where a network is realised: its replicas in pods, and jobs not done.

    Of the jobs about its ports those are shown that failed. A network that was deleted
    is found by its ID, as long as something of it is left.
    """

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Return the parser of the command's arguments."""
        parser = super().get_parser(prog_name)
        parser.add_argument("network", metavar="<network>", help="Network (name or ID)")
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Row:
        """Return the names and the values."""
        given = parsed_args.network
        # Untyped: osc_lib does not know what openstackclient puts there.
        manager: Any = self.app.client_manager
        neutron = manager.network
        found = neutron.find_network(given, ignore_missing=True)
        if found is None:
            network, ports = Network(given), {}
        else:
            network = Network(found.id, found.revision_number, tuple(found.subnet_ids))
            ports = _owners(neutron, network.id)
        known = _Known(api(self))
        routings = [*known.routings(network, ports)]
        jobs = [*known.jobs(network, ports)]
        if found is None and not routings and not jobs:
            raise CommandError(f"there is no network {given!r}")
        shown: dict[str, Any] = {"id": network.id}
        shown |= {name: getattr(found, field, None) for name, field in _FACTS.items()}
        there = replicas.of(network, routings)
        shown["replicas"] = replicas.Replicas(network, there)
        shown["jobs"] = replicas.Jobs(replicas.unfinished(jobs))
        return list(shown), list(shown.values())


def _owners(neutron: Any, network_id: str) -> dict[str, str]:
    """Return the projects that the network's ports are of, by the ports' ids."""
    ports = neutron.ports(network_id=network_id, fields=["id", "project_id"])
    return {port.id: port.project_id for port in ports}


class _Known:
    """What Tricircle knows about networks; ``ports`` are as ``_owners`` returns."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._names = PodNames(api)

    def routings(
        self, network: Network, ports: Mapping[str, str]
    ) -> Iterator[Document]:
        """Yield where the network, its subnets and its ports are."""
        parts = [(NETWORK, network.id), *((SUBNET, one) for one in network.subnets)]
        for type_, id_ in parts:
            query = {"resource_type": type_, "resource_id": id_}
            yield from self._named(self._api.find(ROUTING, query))
        # There may be thousands of ports: pages of their projects' are fewer calls. A
        # router's gateway is of no project; it has no replica of its own, either.
        for project_id in sorted(set(filter(None, ports.values()))):
            query = {"resource_type": PORT, "project_id": project_id}
            found = self._api.find(ROUTING, query)
            yield from self._named(one for one in found if one["resource_id"] in ports)

    def jobs(self, network: Network, ports: Mapping[str, str]) -> Iterator[Document]:
        """Yield jobs about the network and its subnets, and failed ones about ports."""
        for id_ in (network.id, *network.subnets):
            yield from self._named(self._api.find(JOB, {"resource_id": id_}))
        failed = self._api.find(JOB, {"kind": PORT, "state": "failed"})
        yield from self._named(one for one in failed if one["resource_id"] in ports)

    def _named(self, found: Iterable[Document]) -> Iterator[Document]:
        return self._names.named(found)
