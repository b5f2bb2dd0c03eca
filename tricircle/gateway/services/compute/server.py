# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Servers: each lives in one pod, with all that is below it."""

from tricircle.gateway.makes import Makes
from tricircle.gateway.places import holds, names, place
from tricircle.gateway.services.compute.outage import SERVERS_OUT_OF_REACH
from tricircle.gateway.services.takes import RESIZE_QUOTA, SERVER_QUOTA
from tricircle.gateway.spec import Action, Pagination, Resource, Strategy

_SERVER = holds(
    links="links flavor.links image.links",
    zone="OS-EXT-AZ:availability_zone pinned_availability_zone",
    host="OS-EXT-SRV-ATTR:host OS-EXT-SRV-ATTR:hypervisor_hostname",
    server_group="server_groups[]",
)
_MIGRATION = holds(
    number="id", host="source_compute source_node dest_compute dest_node"
)
_INTERFACE = holds(port="port_id", network="net_id", subnet="fixed_ips[].subnet_id")
_GROUP = holds(security_group="id rules[].parent_group_id")

_LIST = Pagination(
    key="servers",
    detail="/servers/detail",
    brief=("id", "name", "links"),
    split="reservation_id",
    # Not those of zones, which pods may show otherwise than they keep them, and not
    # those that only some users, or newer microversions, are shown.
    fields={
        "access_ip_v4": "accessIPv4",
        "access_ip_v6": "accessIPv6",
        "config_drive": "config_drive",
        "created_at": "created",
        "display_name": "name",
        "host": "OS-EXT-SRV-ATTR:host",
        "key_name": "key_name",
        "launched_at": "OS-SRV-USG:launched_at",
        "node": "OS-EXT-SRV-ATTR:hypervisor_hostname",
        "power_state": "OS-EXT-STS:power_state",
        "project_id": "tenant_id",
        "task_state": "OS-EXT-STS:task_state",
        "terminated_at": "OS-SRV-USG:terminated_at",
        "updated_at": "updated",
        "user_id": "user_id",
        "uuid": "id",
        "vm_state": "OS-EXT-STS:vm_state",
    },
)


def _hints(hint: str) -> tuple[str, ...]:
    """Where a scheduler hint may be: beside the server, by either name."""
    return (f"os:scheduler_hints.{hint}", f"OS-SCH-HNT:scheduler_hints.{hint}")


SERVER = Resource(
    type="server",
    show="/servers/{}",
    outage=SERVERS_OUT_OF_REACH,
    created=place("server.id"),
    project=place("server.tenant_id"),
    bodies={
        "server": _SERVER,
        "servers": _SERVER,
        "interfaceAttachment": _INTERFACE,
        "interfaceAttachments": _INTERFACE,
        "security_groups": _GROUP,
        "migration": _MIGRATION,
        "migrations": _MIGRATION,
        "instanceAction": holds(host="events[].host"),
    },
    actions=(
        Action(
            path="/servers",
            methods=("POST",),
            strategy=Strategy.SCHEDULED,
            zone=place("server.availability_zone"),
            needs=(
                *names("flavor", "server.flavorRef"),
                *names("keypair", "server.key_name"),
                *names("server_group", *_hints("group")),
            ),
            near=(
                *names(
                    "volume",
                    "server.block_device_mapping_v2[].uuid",
                    where=("source_type", "volume"),
                ),
                *names(
                    "snapshot",
                    "server.block_device_mapping_v2[].uuid",
                    where=("source_type", "snapshot"),
                ),
                *names("volume", "server.block_device_mapping[].volume_id"),
                *names("snapshot", "server.block_device_mapping[].snapshot_id"),
                *names("server", *_hints("same_host"), *_hints("same_host[]")),
            ),
            request=holds(host="server.host server.hypervisor_hostname"),
            quota=SERVER_QUOTA,
            makes=Makes.BOOT_VOLUMES,
            networks=place("server.networks"),
            multiple=True,
        ),
        Action(
            path="/servers",
            methods=("GET",),
            strategy=Strategy.BROADCAST,
            query=holds(host="host node"),
            pagination=_LIST,
        ),
        Action(
            path="/servers/detail",
            methods=("GET",),
            strategy=Strategy.BROADCAST,
            query=holds(host="host node"),
            pagination=Pagination(
                key=_LIST.key,
                detail=_LIST.detail,
                fields=_LIST.fields,
                split=_LIST.split,
            ),
        ),
        Action(
            path="/servers/{server}",
            methods=("GET", "DELETE"),
            strategy=Strategy.OWNER,
            deletes=frozenset({"DELETE"}),
        ),
        Action(
            path="/servers/{server}",
            methods=("PUT",),
            strategy=Strategy.OWNER,
            request=holds(zone="server.pinned_availability_zone"),
        ),
        Action(
            path="/servers/{server}/action",
            methods=("POST",),
            strategy=Strategy.OWNER,
            needs=(
                *names("flavor", "resize.flavorRef"),
                *names("keypair", "rebuild.key_name"),
            ),
            quota=RESIZE_QUOTA,
            makes=Makes.SERVER_SNAPSHOTS,
            deletes=frozenset({"forceDelete"}),
            about_ports=True,
            request=holds(
                host="os-migrateLive.host migrate.host evacuate.host unshelve.host",
                zone="unshelve.availability_zone",
                network="addFixedIp.networkId",
            ),
        ),
        Action(
            path="/servers/{server}/os-interface",
            methods=("POST",),
            strategy=Strategy.OWNER,
            attaches=True,
        ),
        Action(
            path="/servers/{server}/os-interface/{port}",
            methods=("DELETE",),
            strategy=Strategy.OWNER,
            attaches=True,
            deletes=frozenset({"DELETE"}),
        ),
        Action(
            path="/servers/{server}/os-interface/{port}",
            methods=("GET", "PUT"),
            strategy=Strategy.OWNER,
        ),
        Action(
            path="/servers/{server}/os-volume_attachments",
            methods=("POST",),
            strategy=Strategy.OWNER,
            near=names("volume", "volumeAttachment.volumeId"),
        ),
        Action(
            path="/servers/{server}/os-volume_attachments/{volume}",
            methods=("PUT",),
            strategy=Strategy.OWNER,
            near=names("volume", "volumeAttachment.volumeId"),
        ),
        # The pod's number of a migration is taken out of the path.
        Action(
            path="/servers/{server}/migrations/{migration}",
            methods=("GET", "DELETE"),
            strategy=Strategy.OWNER,
        ),
        Action(
            path="/servers/{server}/migrations/{migration}/action",
            methods=("POST",),
            strategy=Strategy.OWNER,
        ),
        # From 2.21 on, Nova shows them of servers that are deleted.
        *(
            Action(
                path=f"/servers/{{server}}/os-instance-actions{below}",
                methods=("GET",),
                strategy=Strategy.SOUGHT,
                outlives=True,
            )
            for below in ("", "/{request}")
        ),
        # Whatever else Nova has, or will have, below a server.
        Action(path="/servers/{server}/**", strategy=Strategy.OWNER),
    ),
)
