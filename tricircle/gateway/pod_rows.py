# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""From what the database has of a pod to what the gateway calls: pure."""

from collections.abc import Mapping
from typing import Any

from tricircle.db.models import Pod as PodRow
from tricircle.db.models import PodState
from tricircle.gateway.message import Offer, Version
from tricircle.gateway.ports import Pod
from tricircle.gateway.services import SERVICES


def pod_of(row: PodRow) -> Pod:
    """The region that it describes."""
    endpoints, versions = {}, {}
    for service in SERVICES:
        for type in service.catalog:
            facts = row.capabilities.get(type)
            if facts and facts.get("url"):
                endpoints[service.type] = _address(facts["url"], service.root)
                found = _range(facts)
                if found is not None:
                    versions[service.type] = found
                break
    network = row.capabilities.get("network") or {}
    if network.get("url"):
        endpoints["network"] = _address(network["url"], "/v2.0")
    return Pod(
        id=row.id,
        name=row.name,
        zone=row.az_name or "",
        own_zone=row.pod_az_name,
        active=row.state == PodState.ACTIVE,
        endpoints=endpoints,
        versions=versions,
    )


def _address(url: str, root: str) -> str:
    """With the version, and without the project that a catalogue may add."""
    before, found, _ = f"{url.rstrip('/')}/".partition(f"{root}/")
    return f"{before.rstrip('/')}{root}" if found else f"{url.rstrip('/')}{root}"


def _range(facts: Mapping[str, Any]) -> Offer | None:
    low, high = facts.get("min_microversion"), facts.get("max_microversion")
    if not low or not high:
        return None
    return _version(low), _version(high)


def _version(text: str) -> Version:
    major, _, minor = text.partition(".")
    return int(major), int(minor)
