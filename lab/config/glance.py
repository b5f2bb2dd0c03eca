# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Glance of the central region; the pods use it too."""

from lab.config import sections
from lab.config.ini import Ini
from lab.config.sections import Site
from lab.topology import Port

_STORES = {
    "file": "images",
    "second": "images-second",
    "os_glance_staging_store": "staging",
    "os_glance_tasks_store": "tasks",
}


def glance(site: Site) -> Ini:
    """The content of glance-api.conf.

    Two file stores and one for HTTP, so that all import methods work.
    """
    url = site.central.url(Port.GLANCE)
    return {
        "DEFAULT": {
            "enabled_backends": "file:file,second:file,web:http",
            "enabled_import_methods": "[glance-direct,web-download,copy-image]",
            "worker_self_reference_url": url,
            "image_cache_dir": site.state("glance/cache"),
        },
        "glance_store": {"default_backend": "file"},
        **{
            store: {
                "filesystem_store_datadir": site.state(f"glance/{directory}"),
                # Volumes that become images are mostly holes.
                "filesystem_thin_provisioning": True,
            }
            for store, directory in _STORES.items()
        },
        "database": sections.database(site, "glance"),
        # Glance would refuse to import from loopback, where Tempest's images are.
        "import_filtering_opts": {
            "allowed_hosts": f"[{site.central.address}]",
            "allowed_ports": f"[{Port.IMPORTED_IMAGES:d}]",
        },
        "paste_deploy": {
            "flavor": "keystone",
            "config_file": site.packaged("glance/glance-api-paste.ini"),
        },
        "image_formats": {"disk_formats": "raw,qcow2,vhd,vmdk,iso,ami,ari,aki"},
        **sections.locks(site),
        **sections.api(site, "glance"),
    }
