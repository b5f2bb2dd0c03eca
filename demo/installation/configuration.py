# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""What Tricircle's services read, and what the central Neutron reads for its sake."""

from collections.abc import Mapping

from lab.config import sections
from lab.config.ini import Ini, Section
from lab.config.sections import Site
from lab.topology import Port

#: Its login of MariaDB, RabbitMQ and Keystone, its database and its virtual host.
ACCOUNT = "tricircle"
#: Where its services listen: one address, for whoever types it by hand.
ADDRESS = "127.0.0.1"
ADMIN_PORT = 19999
COMPUTE_PORT = 19998
VOLUME_PORT = 19997
METRICS_PORT = 19996
ADMIN_METRICS_PORT = 19995
XJOB_METRICS_PORT = 19994

FILE = "tricircle/tricircle.conf"
_NEUTRON = "neutron/neutron.conf"
_ML2 = "neutron/ml2_conf.ini"
#: Ours in place of Neutron's, which would look for agents.
_PLUGINS = {"port_forwarding": "tricircle_port_forwarding", "router": "tricircle_l3"}


def tricircle(site: Site) -> Ini:
    """The content of tricircle.conf, which all of its services read."""
    return {
        "DEFAULT": {"transport_url": _transport_url(site)},
        "database": {"connection": _connection(site)},
        "keystone": sections.service_user(site, ACCOUNT),
        "keystone_authtoken": {
            "memcached_servers": sections.memcached(site),
            "www_authenticate_uri": sections.keystone_url(site),
        },
        "admin": {
            "bind_host": ADDRESS,
            "bind_port": ADMIN_PORT,
            "metrics_host": ADDRESS,
            "metrics_port": ADMIN_METRICS_PORT,
        },
        "gateway": {
            "bind_host": ADDRESS,
            "compute_port": COMPUTE_PORT,
            "volume_port": VOLUME_PORT,
            # All of it shares two cores: a busy pod is slow, and none the worse for it.
            "fanout_timeout": 10,
            "write_timeout": 60,
            "metrics_host": ADDRESS,
            "metrics_port": METRICS_PORT,
            "access_log": str(site.paths.log_file("tricircle-gateway-access")),
        },
        "network": {"bridge_vlans": "2000:2099"},
        # Rarer in production, where a comparison of all there is takes its time.
        "jobs": {
            "audit_interval": 60,
            "metrics_host": ADDRESS,
            "metrics_port": XJOB_METRICS_PORT,
        },
        "placed": {"settle_time": 90, "audit_interval": 15, "compare_interval": 60},
    }


def amended(site: Site, stock: Mapping[str, Ini]) -> Mapping[str, Ini]:
    """The central region's files with Tricircle's, and its driver in Neutron's."""
    neutron = dict(stock[_NEUTRON])
    neutron["DEFAULT"] = {
        **neutron["DEFAULT"],
        # No server is in the central Nova: each pod's Neutron tells its own Nova.
        "notify_nova_on_port_status_changes": False,
        "notify_nova_on_port_data_changes": False,
        "service_plugins": [
            _PLUGINS.get(name, name) for name in _listed(stock, "service_plugins")
        ],
    }
    neutron["tricircle"] = _driver(site)
    ml2 = dict(stock[_ML2])
    ml2["ml2"] = {**ml2["ml2"], "mechanism_drivers": "tricircle"}
    return {**stock, _NEUTRON: neutron, _ML2: ml2, FILE: tricircle(site)}


def _listed(stock: Mapping[str, Ini], option: str) -> list[str]:
    value = stock[_NEUTRON]["DEFAULT"][option]
    return value if isinstance(value, list) else [str(value)]


def _driver(site: Site) -> Section:
    return {"connection": _connection(site), "transport_url": _transport_url(site)}


def _connection(site: Site) -> str:
    password = site.credentials[f"mariadb.{ACCOUNT}"]
    address = f"{site.central.address}:{Port.MARIADB:d}"
    return f"mysql+pymysql://{ACCOUNT}:{password}@{address}/{ACCOUNT}?charset=utf8mb4"


def _transport_url(site: Site) -> str:
    password = site.credentials[f"rabbitmq.{ACCOUNT}"]
    address = f"{site.central.address}:{Port.RABBITMQ:d}"
    return f"rabbit://{ACCOUNT}:{password}@{address}/{ACCOUNT}"
