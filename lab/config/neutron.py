# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Neutron: with OVN in a pod, without a data plane in the central region."""

from lab.config import sections
from lab.config.ini import Ini, Section
from lab.config.sections import Site
from lab.sockets import northbound_socket, southbound_socket
from lab.topology import Pod

#: The physical network of a pod's floating addresses.
EXTERNAL = "external"
#: The physical network that reaches all pods.
DCI_VLAN = "dcivlan"
#: Segments of :data:`DCI_VLAN` that the central region hands out by itself.
_CENTRAL_SEGMENTS = "1000:1999"

_PLUGINS = [
    "metering",
    "network_segment_range",
    "port_forwarding",
    "qos",
    "segments",
]
_QUOTA: Section = {
    f"quota_{resource}": 5000
    for resource in (
        "network",
        "subnet",
        "port",
        "router",
        "floatingip",
        "security_group",
        "security_group_rule",
    )
}


def neutron(site: Site) -> Ini:
    """The content of neutron.conf."""
    # Trunks need a mechanism driver that knows them: the central region has none.
    own = ["ovn-router", "trunk"] if site.pod else ["router"]
    return {
        "DEFAULT": {
            **sections.transport(site),
            "host": f"{site.region.slug}-control",
            "core_plugin": "ml2",
            "service_plugins": [*own, *_PLUGINS],
            "api_paste_config": site.packaged("neutron/api-paste.ini"),
            "state_path": site.state("neutron"),
            "allow_overlapping_ips": True,
            "dhcp_agent_notification": False,
            # Nova waits for these before it calls a server ACTIVE.
            "notify_nova_on_port_status_changes": True,
            "notify_nova_on_port_data_changes": True,
            "rpc_workers": 0,
            "rpc_state_report_workers": 0,
        },
        "database": sections.database(site, "neutron"),
        "quotas": _QUOTA,
        "nova": sections.client(site, "nova", interface="endpoint_type"),
        **({"placement": _placement(site)} if site.pod else {}),
        **sections.locks(site),
        **sections.api(site, "neutron"),
    }


def ml2(site: Site) -> Ini:
    """The content of ml2_conf.ini."""
    common: Section = {
        "type_drivers": ["local", "flat", "vlan", "geneve"],
        "extension_drivers": ["port_security", "qos", "dns"],
        "overlay_ip_version": 4,
    }
    shared: Ini = {
        "ml2_type_geneve": {"vni_ranges": "1:65536", "max_header_size": 38},
        "ml2_type_flat": {"flat_networks": EXTERNAL},
        "securitygroup": {"enable_security_group": True},
    }
    if site.pod:
        return {
            "ml2": {
                **common,
                "mechanism_drivers": "ovn",
                "tenant_network_types": "geneve",
            },
            # No range: segments that reach other pods are the operator's choice.
            "ml2_type_vlan": {"network_vlan_ranges": DCI_VLAN},
            "ovn": _ovn(site, site.pod),
            **shared,
        }
    return {
        "ml2": {**common, "mechanism_drivers": "", "tenant_network_types": "vlan"},
        "ml2_type_vlan": {"network_vlan_ranges": f"{DCI_VLAN}:{_CENTRAL_SEGMENTS}"},
        **shared,
    }


def _placement(site: Site) -> Section:
    return sections.client(site, "placement", interface="endpoint_type")


def _ovn(site: Site, pod: Pod) -> Section:
    return {
        "ovn_nb_connection": f"unix:{northbound_socket(site.paths, pod)}",
        "ovn_sb_connection": f"unix:{southbound_socket(site.paths, pod)}",
        "ovn_l3_scheduler": "leastloaded",
        "ovn_metadata_enabled": False,
        "enable_distributed_floating_ip": False,
        "ovsdb_probe_interval": 0,
    }
