# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Nova's API, version 2.1 with microversions: a module for each noun."""

from tricircle.gateway.edition import Edition, Legacy
from tricircle.gateway.services.compute.aggregate import AGGREGATE
from tricircle.gateway.services.compute.assisted_snapshot import ASSISTED_SNAPSHOT
from tricircle.gateway.services.compute.audit_log import AUDIT_LOG
from tricircle.gateway.services.compute.availability_zone import AVAILABILITY_ZONE
from tricircle.gateway.services.compute.console import CONSOLE
from tricircle.gateway.services.compute.extension import EXTENSION
from tricircle.gateway.services.compute.external_event import EXTERNAL_EVENT
from tricircle.gateway.services.compute.flavor import FLAVOR, FLAVOR_MIRROR
from tricircle.gateway.services.compute.gone import GONE
from tricircle.gateway.services.compute.host import HOST
from tricircle.gateway.services.compute.hypervisor import HYPERVISOR
from tricircle.gateway.services.compute.keypair import KEYPAIR, KEYPAIR_MIRROR
from tricircle.gateway.services.compute.limits import LIMITS
from tricircle.gateway.services.compute.migration import MIGRATION
from tricircle.gateway.services.compute.proxy import PROXY
from tricircle.gateway.services.compute.quota import QUOTA
from tricircle.gateway.services.compute.server import SERVER
from tricircle.gateway.services.compute.server_boot import SERVER_BOOT
from tricircle.gateway.services.compute.server_group import (
    SERVER_GROUP,
    SERVER_GROUP_MIRROR,
)
from tricircle.gateway.services.compute.service import SERVICE
from tricircle.gateway.services.compute.usage import USAGE
from tricircle.gateway.services.compute.volume_proxy import SNAPSHOT_PROXY, VOLUME_PROXY
from tricircle.gateway.services.versions import VERSION
from tricircle.gateway.spec import Service

COMPUTE = Service(
    type="compute",
    catalog=("compute",),
    root="/v2.1",
    project_in_path=False,
    headers=(b"openstack-api-version", b"x-openstack-nova-api-version"),
    faults={
        400: "badRequest",
        401: "unauthorized",
        403: "forbidden",
        404: "itemNotFound",
        405: "badMethod",
        409: "conflictingRequest",
        413: "overLimit",
        415: "badMediaType",
        429: "overLimit",
        501: "notImplemented",
        503: "serviceUnavailable",
    },
    over_limit=403,
    edition=Edition(
        id="v2.1",
        updated="2013-07-23T11:33:21Z",
        media_type="application/vnd.openstack.compute+json;version=2.1",
        docs="http://docs.openstack.org/",
    ),
    fault_type=b"application/json; charset=UTF-8",
    resources=(
        SERVER,
        FLAVOR,
        KEYPAIR,
        AVAILABILITY_ZONE,
        AGGREGATE,
        LIMITS,
        QUOTA,
        SERVER_GROUP,
        EXTENSION,
        PROXY,
        ASSISTED_SNAPSHOT,
        AUDIT_LOG,
        CONSOLE,
        EXTERNAL_EVENT,
        GONE,
        HOST,
        HYPERVISOR,
        MIGRATION,
        SERVICE,
        USAGE,
        VOLUME_PROXY,
        SNAPSHOT_PROXY,
        SERVER_BOOT,
        VERSION,
    ),
    mirrors=(FLAVOR_MIRROR, KEYPAIR_MIRROR, SERVER_GROUP_MIRROR),
    absent=400,
    legacy=Legacy(
        root="/v2",
        id="v2.0",
        updated="2025-07-04T12:00:00Z",
        media_type="application/vnd.openstack.compute+json;version=2",
        docs="http://docs.openstack.org/",
    ),
    no_zone="The requested availability zone is not available: {}",
)
