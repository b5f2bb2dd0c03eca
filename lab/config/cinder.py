# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Cinder: the API of the central region, all of it in a pod."""

from lab.config import sections
from lab.config.ini import Ini
from lab.config.sections import Site
from lab.topology import Port

BACKEND = "files"


def cinder(site: Site) -> Ini:
    """The content of cinder.conf.

    A pod's volumes are sparse files, its backups files in another directory.
    """
    return {
        "DEFAULT": {
            **sections.transport(site),
            **sections.HEARTBEAT,
            "host": f"{site.region.slug}-storage",
            "my_ip": site.region.address,
            "state_path": site.state("cinder"),
            "auth_strategy": "keystone",
            "api_paste_config": site.packaged("cinder/api-paste.ini"),
            "resource_query_filters_file": site.packaged(
                "cinder/resource_filters.json"
            ),
            "glance_api_servers": site.central.url(Port.GLANCE),
            "enabled_backends": BACKEND,
            "volumes_dir": site.state("cinder/volumes"),
            "backup_driver": "cinder.backup.drivers.posix.PosixBackupDriver",
            "backup_posix_path": site.state("cinder/backups"),
            # By default a chunk, and so the buffer, is as large as the volume.
            "backup_file_size": 32 << 20,
            "backup_compression_algorithm": "zstd",
            "backup_enable_progress_timer": False,
            "quota_volumes": 1000,
            "quota_snapshots": 1000,
            "quota_backups": 1000,
            "quota_gigabytes": 100000,
            "quota_backup_gigabytes": 100000,
        },
        BACKEND: {
            "volume_driver": "tricircle_lab.volume.FileDriver",
            "volume_backend_name": BACKEND,
            "lab_volume_dir": site.state("cinder/files"),
            # A volume in use is backed up from a snapshot, not from a whole copy.
            "backup_use_temp_snapshot": True,
        },
        # Root helpers are started through sudo unless they are named.
        "privsep_osbrick": {"helper_command": _privsep_helper(site)},
        "cinder_sys_admin": {"helper_command": _privsep_helper(site)},
        "coordination": {"backend_url": f"file://{site.state('cinder/coordination')}"},
        "database": sections.database(site, "cinder"),
        "nova": {
            **sections.client(site, "nova", interface="interface"),
            "token_auth_url": sections.keystone_url(site),
        },
        "service_user": {
            **sections.service_user(site, "cinder"),
            "send_service_user_token": True,
        },
        **sections.locks(site),
        **sections.api(site, "cinder"),
    }


def _privsep_helper(site: Site) -> str:
    program = site.paths.bin(site.region.release, "privsep-helper")
    return f"{program} --config-file {site.etc('cinder')}/cinder.conf"
