# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""The document of one version, below the version: ``/v2.1/versions/v2.1``."""

from typing import Any

from tricircle.gateway import discovery, microversion
from tricircle.gateway.errors import NotFound
from tricircle.gateway.spec import Action, Resource, Strategy
from tricircle.gateway.steps import Exchange


def version(exchange: Exchange) -> Any:
    """What every region speaks, as at the root.

    Raises NotFound for a version that is not served.
    """
    service, root = exchange.service, exchange.request.root
    ((_, id),) = exchange.match.ids
    if service.legacy is not None and id == service.legacy.id:
        return {"version": discovery.legacy_version(service.legacy, root)}
    if id != service.edition.id:
        raise NotFound(f"Version {id} is not served here.")
    offer = microversion.offered(service, [exchange.central, *exchange.pods])
    return {"version": discovery.version(service, root, offer)}


VERSION = Resource(
    type="version",
    actions=(
        Action(
            path="/versions/{version}",
            methods=("GET",),
            strategy=Strategy.LOCAL,
            local=version,
        ),
    ),
)
