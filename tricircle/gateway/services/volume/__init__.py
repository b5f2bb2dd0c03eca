# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Cinder's API, version 3 with microversions: a module for each noun."""

from tricircle.gateway.edition import Edition
from tricircle.gateway.services.volume.attachment import ATTACHMENT
from tricircle.gateway.services.volume.availability_zone import AVAILABILITY_ZONE
from tricircle.gateway.services.volume.backup import BACKUP
from tricircle.gateway.services.volume.default_type import DEFAULT_TYPE
from tricircle.gateway.services.volume.extension import EXTENSION
from tricircle.gateway.services.volume.group import CONSISTENCY_GROUP, GROUP
from tricircle.gateway.services.volume.group_snapshot import CGSNAPSHOT, GROUP_SNAPSHOT
from tricircle.gateway.services.volume.group_type import GROUP_TYPE, GROUP_TYPE_MIRROR
from tricircle.gateway.services.volume.host import HOST, POOL
from tricircle.gateway.services.volume.limits import LIMITS
from tricircle.gateway.services.volume.manageable import (
    MANAGEABLE_SNAPSHOT,
    MANAGEABLE_VOLUME,
)
from tricircle.gateway.services.volume.message import MESSAGE
from tricircle.gateway.services.volume.qos import QOS
from tricircle.gateway.services.volume.quota import QUOTA
from tricircle.gateway.services.volume.resource_filter import RESOURCE_FILTER
from tricircle.gateway.services.volume.service import CLUSTER, SERVICE
from tricircle.gateway.services.volume.snapshot import SNAPSHOT
from tricircle.gateway.services.volume.transfer import TRANSFER
from tricircle.gateway.services.volume.type import TYPE, TYPE_MIRROR
from tricircle.gateway.services.volume.volume import VOLUME_RESOURCE
from tricircle.gateway.services.volume.worker import WORKER
from tricircle.gateway.spec import Service

VOLUME = Service(
    type="volume",
    catalog=("block-storage", "volumev3", "volume", "block-store"),
    root="/v3",
    project_in_path=True,
    headers=(b"openstack-api-version",),
    faults={
        400: "badRequest",
        401: "unauthorized",
        403: "forbidden",
        404: "itemNotFound",
        405: "badMethod",
        409: "conflictingRequest",
        413: "overLimit",
        415: "badMediaType",
        501: "notImplemented",
        503: "serviceUnavailable",
    },
    over_limit=413,
    edition=Edition(
        id="v3.0",
        updated="2023-08-31T00:00:00Z",
        media_type="application/vnd.openstack.volume+json;version=3",
        docs="https://docs.openstack.org/",
    ),
    lists_versions=True,
    resources=(
        VOLUME_RESOURCE,
        SNAPSHOT,
        ATTACHMENT,
        TYPE,
        AVAILABILITY_ZONE,
        LIMITS,
        QUOTA,
        EXTENSION,
        BACKUP,
        DEFAULT_TYPE,
        CONSISTENCY_GROUP,
        GROUP,
        CGSNAPSHOT,
        GROUP_SNAPSHOT,
        GROUP_TYPE,
        HOST,
        POOL,
        MANAGEABLE_SNAPSHOT,
        MANAGEABLE_VOLUME,
        MESSAGE,
        QOS,
        RESOURCE_FILTER,
        CLUSTER,
        SERVICE,
        TRANSFER,
        WORKER,
    ),
    mirrors=(TYPE_MIRROR, GROUP_TYPE_MIRROR),
    no_zone="Availability zone '{}' is invalid.",
)
