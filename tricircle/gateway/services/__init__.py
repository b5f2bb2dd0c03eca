# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""OpenStack's APIs as data: a package for each service, a module for each noun.

A new path is an `Action` in its noun's module; nothing else changes. If one needs more
than that, a strategy is missing.
"""

from collections.abc import Mapping

from tricircle.gateway.services.compute import COMPUTE
from tricircle.gateway.services.volume import VOLUME
from tricircle.gateway.spec import Resource, Service

SERVICES = (COMPUTE, VOLUME)

NOUNS: Mapping[str, tuple[Service, Resource]] = {
    resource.type: (service, resource)
    for service in SERVICES
    for resource in service.resources
    if resource.show
}
"""What lives in pods, by its type: how to ask a pod whether it is there."""
