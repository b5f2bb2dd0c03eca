# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""What a region's services can: asked, not assumed.

Each service has an entry in the answer, named by its official type, with its URL, its
API version and the range of its microversions, if it has any; and beside that
what only this service knows. A service that the catalogue does not name has no entry.

``probe`` is for one who wants to use the region, and fails as soon as anything does;
``look`` is for one who watches it, and tells of each service whether it answers.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any

from keystoneauth1.discover import EndpointData

from tricircle.regions.errors import (
    Broken,
    RegionsError,
    ServiceMissing,
    ZoneUnknown,
)
from tricircle.regions.identity import check_region
from tricircle.regions.service import Service
from tricircle.regions.session import Regions

#: What probing found: service -> facts about it.
Capabilities = dict[str, dict[str, Any]]

#: Placement: lists of traits and of resource classes are there from 1.6 on.
_PLACEMENT = "1.6"


@dataclass(frozen=True)
class Report:
    """What a look at a region showed.

    ``capabilities`` are those of the services that answered; ``failures`` has the
    others, and those that must be there and are not, with the reason.
    """

    capabilities: Capabilities
    failures: Mapping[str, RegionsError]


class Prober:
    """Probes regions; always anew, for a probe is to see what has changed."""

    def __init__(self, regions: Regions) -> None:
        self._regions = regions

    def probe(self, region: str, *, pod_az_name: str = "") -> Capabilities:
        """Return what the services of ``region`` can.

        Nova and Neutron must be there and answer; others, if they are there.
        RegionNotFound; ZoneUnknown if the region has zones but not ``pod_az_name``;
        any of the errors in ``errors``.
        """
        regions = self._regions.fresh()
        check_region(regions.keystone(), region)
        found: Capabilities = {}
        for type_ in _LOOKS:
            facts = _ask(regions, region, type_)
            if facts is not None:
                found[type_] = facts
        _check_zone(region, pod_az_name, found["compute"]["availability_zones"])
        return found

    def look(self, region: str) -> Report:
        """Return which services of ``region`` answer now, and what they can.

        All are asked at once, so that this takes no longer than the slowest. What it
        raises is Keystone's: then nothing was learned about the region.
        """
        # Without Keystone no service can tell who asks, and all would seem to fail.
        check_region(self._regions.keystone(), region)
        ask = partial(_try, self._regions.rediscovering(), region)
        with ThreadPoolExecutor(len(_LOOKS)) as pool:
            answers = dict(zip(_LOOKS, pool.map(ask, _LOOKS), strict=True))
        return Report(
            {key: facts for key, facts in answers.items() if isinstance(facts, dict)},
            {
                key: error
                for key, error in answers.items()
                if isinstance(error, RegionsError)
            },
        )


def _ask(regions: Regions, region: str, type_: str) -> dict[str, Any] | None:
    """What a service can; None if it is not there, and need not be."""
    look, is_required = _LOOKS[type_]
    try:
        service = regions.service(region, type_, microversion=_MICRO.get(type_))
    except ServiceMissing:
        if is_required:
            raise
        return None
    # First what is particular: it fails if the service does not answer.
    particular = look(service)
    version = _version(regions.discover(region, type_))
    if type_ in _RANGED and "max_microversion" not in version:
        # Were it left out, more would be offered than this region speaks.
        raise Broken(
            f"{service.name} has no version document that tells its microversions"
        )
    return {**version, **particular}


def _try(
    regions: Regions, region: str, type_: str
) -> dict[str, Any] | RegionsError | None:
    try:
        return _ask(regions, region, type_)
    except RegionsError as error:
        return error


def _version(data: EndpointData | None) -> dict[str, Any]:
    if data is None:
        return {}
    facts = {
        "url": data.url,
        "version": _dotted(data.api_version),
        "min_microversion": _dotted(data.min_microversion),
        "max_microversion": _dotted(data.max_microversion),
    }
    return {key: value for key, value in facts.items() if value is not None}


def _dotted(version: Sequence[float] | None) -> str | None:
    return ".".join(map(str, version)) if version else None


def _compute(service: Service) -> dict[str, Any]:
    return {"availability_zones": _zones(service)}


def _network(service: Service) -> dict[str, Any]:
    listed = _list(service, "/extensions", "extensions")
    aliases = sorted(str(extension.get("alias")) for extension in listed)
    facts: dict[str, Any] = {"extensions": aliases}
    if "agent" in aliases:
        agents = _list(service, "/agents", "agents")
        reached = {name for agent in agents for name in physical_networks(agent)}
        if reached:
            facts["physical_networks"] = sorted(reached)
    return facts


def _block_storage(service: Service) -> dict[str, Any]:
    return {"availability_zones": _zones(service)}


def _placement(service: Service) -> dict[str, Any]:
    traits = service.get("/traits", associated="true").get("traits", [])
    listed = _list(service, "/resource_classes", "resource_classes")
    return {
        "traits": sorted(traits),
        # Those that it knows: which of them some host offers is asked too often.
        "resource_classes": sorted(str(one.get("name")) for one in listed),
    }


def physical_networks(agent: Mapping[str, Any]) -> Iterator[str]:
    """Yield the physical networks that an agent of Neutron serves.

    OVN writes ``bridge-mappings`` as "net:bridge,net:bridge", Open vSwitch and Linux
    bridges an object, SR-IOV calls it ``device_mappings``.
    """
    configurations = agent.get("configurations") or {}
    mappings = configurations.get("bridge-mappings") or ""
    for mapping in mappings.split(","):
        name = mapping.partition(":")[0].strip()
        if name:
            yield name
    for key in ("bridge_mappings", "device_mappings"):
        yield from configurations.get(key) or {}


def _zones(service: Service) -> list[str]:
    listed = _list(service, "/os-availability-zone", "availabilityZoneInfo")
    return sorted(str(zone.get("zoneName")) for zone in listed)


def _list(service: Service, path: str, key: str) -> list[dict[str, Any]]:
    found = service.get(path).get(key)
    if not isinstance(found, list):
        raise Broken(f"GET {path} of {service.name} has no list {key}")
    return [item for item in found if isinstance(item, dict)]


def _check_zone(region: str, wanted: str, zones: Sequence[str]) -> None:
    # A pod without any host has no zone yet.
    if wanted and zones and wanted not in zones:
        raise ZoneUnknown(
            f"Nova in {region} has no availability zone {wanted}; it has"
            f" {', '.join(zones)}"
        )


_LOOKS: dict[str, tuple[Callable[[Service], dict[str, Any]], bool]] = {
    "compute": (_compute, True),
    "network": (_network, True),
    "block-storage": (_block_storage, False),
    "placement": (_placement, False),
}
_MICRO = {"placement": _PLACEMENT}
#: What users call through us, in microversions that every region speaks.
_RANGED = frozenset({"compute", "block-storage"})
