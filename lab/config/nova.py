# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Nova: the API of the central region, all of it in a pod."""

from lab.config import sections
from lab.config.ini import Ini
from lab.config.sections import Site
from lab.sockets import ovsdb_socket
from lab.topology import Host, Port


def nova(site: Site) -> Ini:
    """The content of nova.conf for the API, the conductor and the scheduler."""
    # The central region has no cell but cell0, where servers that found no host
    # are kept: its API never makes one.
    main_database = "nova" if site.pod else "nova_cell0"
    return {
        "DEFAULT": {
            **sections.transport(site),
            **sections.HEARTBEAT,
            "host": f"{site.region.slug}-control",
            "my_ip": site.region.address,
            "state_path": site.state("nova"),
            # Else what is done now and then begins up to a minute after the start:
            # finding new hosts, too.
            "periodic_fuzzy_delay": 0,
            # Pods have one host by default; the API reads this, not the compute.
            "allow_resize_to_same_host": True,
        },
        "api_database": sections.database(site, "nova_api"),
        "database": sections.database(site, main_database),
        "conductor": {"workers": 1},
        "scheduler": {"workers": 1, "discover_hosts_in_cells_interval": 5},
        "filter_scheduler": {"track_instance_changes": False},
        "quota": {"instances": 1000, "cores": 4000, "ram": -1, "key_pairs": 1000},
        "vnc": {"enabled": False},
        "wsgi": {"api_paste_config": site.packaged("nova/api-paste.ini")},
        "glance": {"api_servers": site.central.url(Port.GLANCE)},
        "placement": sections.client(site, "placement"),
        "neutron": sections.client(site, "neutron"),
        "cinder": {
            **sections.service_user(site, "cinder"),
            "catalog_info": "volumev3::internalURL",
            "os_region_name": site.region.name,
        },
        "service_user": {
            **sections.service_user(site, "nova"),
            "send_service_user_token": True,
        },
        **sections.locks(site),
        **sections.api(site, "nova"),
    }


def nova_compute(site: Site, host: Host) -> Ini:
    """The content of nova.conf for the compute service of a host."""
    common = nova(site)
    return {
        **common,
        "DEFAULT": {
            **common["DEFAULT"],
            "host": host.name,
            "compute_driver": "tricircle_lab.LabDriver",
            "state_path": site.state(f"nova-{host.name}"),
            "resume_guests_state_on_host_boot": True,
            # Servers' addresses and states are told by events; the periodic
            # repair would only burn CPU.
            "heal_instance_info_cache_interval": 600,
            "vif_plugging_timeout": 120,
        },
        "lab": {
            "pod": site.region.name,
            "host_namespace": host.namespace,
            "ovsdb": str(ovsdb_socket(site.paths, host)),
            "run_dir": str(site.paths.run),
        },
    }
