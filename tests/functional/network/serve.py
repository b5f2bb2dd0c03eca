# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""A real Neutron, small: its API on SQLite, without users.

It runs in a process and a virtual environment of its own, where Neutron is::

    python serve.py FOLDER [DATABASE]

It makes FOLDER's contents, and prints its port when it answers. With DATABASE, the URL
of Tricircle's, it is a central region's and has our driver and plugins; without, it is
a pod's, where nothing is ever up, for there are no agents. Every call is an
administrator's.
"""

import importlib
import os
import sys
from pathlib import Path
from wsgiref.simple_server import WSGIRequestHandler, make_server

_NEUTRON = """
[DEFAULT]
core_plugin = ml2
service_plugins = {services}
dns_domain = example.org.
auth_strategy = noauth
log_file = {folder}/neutron.log
transport_url = fake:/
state_path = {folder}
api_paste_config = {paste}
rpc_workers = 0
notify_nova_on_port_status_changes = false
notify_nova_on_port_data_changes = false
dhcp_agent_notification = false

[database]
connection = sqlite:///{folder}/neutron.sqlite

[oslo_concurrency]
lock_path = {folder}/locks

[ml2]
type_drivers = local,flat,vlan,geneve
tenant_network_types = vlan
mechanism_drivers = {drivers}
extension_drivers = port_security,qos,dns

[ml2_type_flat]
flat_networks = *

[ml2_type_vlan]
network_vlan_ranges = dcivlan:1000:1999

[ml2_type_geneve]
vni_ranges = 1:1000

[oslo_policy]
policy_file = {folder}/policy.yaml

[tricircle]
connection = {database}
"""

_SERVICES = "qos,tricircle_l3,tricircle_port_forwarding"
_PLUGINS = "tricircle.network.plugin"
_ENTRY_POINTS = f"""
[neutron.ml2.mechanism_drivers]
tricircle = {_PLUGINS}.ml2:TricircleMechanismDriver

[neutron.service_plugins]
tricircle_l3 = {_PLUGINS}.l3:TricircleL3Plugin
tricircle_port_forwarding = {_PLUGINS}.port_forwarding:TricirclePortForwardingPlugin
"""


class _Quiet(WSGIRequestHandler):
    def log_message(self, *arguments: object) -> None:
        pass


def install(folder: Path) -> None:
    """Make our entry point known, as if Tricircle were installed here."""
    metadata = folder / "site" / "tricircle-0.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text("Name: tricircle\nVersion: 0\n")
    (metadata / "entry_points.txt").write_text(_ENTRY_POINTS)
    sys.path.append(str(metadata.parent))


def configure(folder: Path, database: str) -> None:
    """Write the configuration, and tell Neutron where it is."""
    paste = Path(sys.prefix) / "etc" / "neutron" / "api-paste.ini"
    (folder / "neutron.conf").write_text(
        _NEUTRON.format(
            folder=folder,
            paste=paste,
            drivers="tricircle" if database else "openvswitch",
            services=_SERVICES if database else "qos,router,port_forwarding",
            database=database,
        )
    )
    # Without users nobody has the role service, which Tricircle needs.
    (folder / "policy.yaml").write_text('"update_port:binding:profile": ""\n')
    os.environ["OS_NEUTRON_CONFIG_DIR"] = str(folder)
    os.environ["OS_NEUTRON_CONFIG_FILES"] = "neutron.conf"
    os.environ["TMPDIR"] = str(folder)


def make_tables(folder: Path) -> None:
    """Make Neutron's tables: its migrations do not run on SQLite."""
    from neutron.db.migration.models import head
    from sqlalchemy import create_engine

    engine = create_engine(f"sqlite:///{folder}/neutron.sqlite")
    head.get_metadata().create_all(engine)


def main() -> None:
    """Serve until killed."""
    folder, database = Path(sys.argv[1]), "".join(sys.argv[2:])
    del sys.argv[1:]  # Neutron would read them
    install(folder)
    configure(folder, database)
    make_tables(folder)
    application = importlib.import_module("neutron.wsgi.api").application
    # One call at a time: with more, SQLite would be locked.
    server = make_server("127.0.0.1", 0, application, handler_class=_Quiet)
    print(server.server_port, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
